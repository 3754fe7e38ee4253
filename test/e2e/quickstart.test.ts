import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { poll } from '../poll.ts';
import { ROOT } from '../source-files.ts';

interface QuickstartEvent {
  readonly event: string;
  readonly page?: string;
  readonly example?: string;
  readonly preferred?: number;
  readonly message?: string;
  readonly figures?: readonly { readonly variant: string; readonly p50Ms: number }[];
}

describe('npm run quickstart', function () {
  this.timeout(180_000);
  const events: QuickstartEvent[] = [];
  let child: ChildProcess | undefined;

  before(function () {
    if (existsSync(join(ROOT, 'examples/onnx-server/node_modules/onnxruntime-node'))) return;
    console.log('      skipped: run `npm ci` in examples/onnx-server (300 MB) for this test');
    this.skip();
  });

  after(() => {
    child?.kill('SIGKILL');
  });

  it('shows both variants live beside a busy default port, and ends cleanly with Ctrl-C', async () => {
    const busy = createServer().listen(9865, '127.0.0.1');
    await once(busy, 'listening').catch(() => undefined);
    child = spawn(process.execPath, ['examples/quickstart.mjs', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => events.push(JSON.parse(line) as QuickstartEvent));

    const live = await poll('live figures', async () => eventOf('live') ?? eventOf('failed'), 150_000);
    expect(live.message ?? '').to.equal('');
    expect(live.figures?.map(({ variant }) => variant)).to.deep.equal(['fp32', 'int8']);
    expect(events.filter(({ event }) => event === 'port').map(({ preferred }) => preferred)).to.include(9865);
    const { page = '', example = '' } = eventOf('ready') ?? {};
    expect((await fetch(page)).status).to.equal(200);

    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    busy.close();
    expect(code).to.equal(0);
    for (const url of [page, example]) expect(await answers(url), url).to.equal(false);
  });

  function eventOf(name: string): QuickstartEvent | undefined {
    return events.find(({ event }) => event === name);
  }
});

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

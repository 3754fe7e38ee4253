import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../source-files.ts';
import { FakeAgent } from './fake-agent.ts';

const CLIENT = join(ROOT, 'clients/node/index.ts');

describe('clients/node in a process that ends', () => {
  let agent: FakeAgent;

  beforeEach(async () => {
    agent = new FakeAgent();
    await agent.start();
  });

  afterEach(() => agent.kill());

  it('lets it exit by itself with the client open', async () => {
    const exit = await runScript(`
      const client = createClient({ address: '${agent.address}', flushIntervalMs: 50 });
      client.series({ model: 'm' }).record(5);
      setTimeout(() => {}, 300);
    `);
    expect(exit).to.deep.equal({ code: 0, output: '' });
    expect(agent.spans).to.equal(1);
  });

  it('lets it exit where no agent listens, without a word', async () => {
    agent.kill();
    const exit = await runScript(`
      const client = createClient({ address: '${agent.address}', flushIntervalMs: 10 });
      client.series({ model: 'm' }).record(5);
      setTimeout(() => {}, 300);
    `);
    expect(exit).to.deep.equal({ code: 0, output: '' });
  });

  it('has its close awaited', async () => {
    const exit = await runScript(`
      const client = createClient({ address: '${agent.address}' });
      client.series({ model: 'm' }).record(5);
      await client.close();
      console.log(client.stats().accepted);
    `);
    expect(exit).to.deep.equal({ code: 0, output: '1\n' });
  });
});

/** Runs a module with `createClient` in a process of its own, and waits until it ends by itself. */
async function runScript(body: string): Promise<{ code: number | null; output: string }> {
  const script = `import { createClient } from '${CLIENT}';\n${body}`;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--unhandled-rejections=strict', '--input-type=module', '--eval', script],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  try {
    const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(8000) })) as [number | null];
    return { code, output };
  } finally {
    child.kill('SIGKILL');
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { runLoad } from '../../examples/onnx-server/load.ts';
import { FEATURES } from '../../examples/onnx-server/network-shape.ts';
import { FakeAgent } from '../clients/node/fake-agent.ts';
import { pause, poll } from '../poll.ts';
import { ROOT } from '../source-files.ts';

const FOLDER = join(ROOT, 'examples/onnx-server');

interface Answer {
  readonly predictions: readonly { readonly label: number; readonly probability: number }[];
  readonly error: string;
}

describe('examples/onnx-server', function () {
  this.timeout(60_000);
  const agent = new FakeAgent();
  let server: ChildProcess;
  let url: string;

  before(async function () {
    if (!existsSync(join(FOLDER, 'node_modules/onnxruntime-node'))) {
      console.log('      skipped: run `npm ci` in examples/onnx-server (300 MB) for these tests');
      this.skip();
    }
    await agent.start();
    server = spawn(process.execPath, ['--import', 'tsx', join(FOLDER, 'main.ts')], {
      cwd: ROOT,
      env: { ...process.env, PORT: '0', INFERMETER_ADDRESS: agent.address },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    url = new URL(line).origin;
  });

  after(async () => {
    if (server?.kill('SIGKILL')) await once(server, 'exit');
    agent.kill();
  });

  const predict = async (query: string, init?: RequestInit): Promise<[number, Answer]> => {
    const response = await fetch(`${url}/predict${query}`, init);
    return [response.status, (await response.json()) as Answer];
  };

  it('gives nearly the same answers in fp32 and int8', async () => {
    let agreed = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const [, fp32] = await predict(`?variant=fp32&seed=${seed}`);
      const [, int8] = await predict(`?variant=int8&seed=${seed}`);
      if (fp32.predictions[0].label === int8.predictions[0].label) agreed++;
    }
    expect(agreed).to.be.at.least(27);
  });

  const bad: readonly (readonly [string, string, RequestInit, number, string])[] = [
    ['an unknown variant', '?variant=int4', {}, 400, 'variant: must be one of fp32, int8'],
    ['a body that is no JSON', '', { method: 'POST', body: '{' }, 400, 'body: must be JSON'],
    [
      'a body that is no object',
      '',
      { method: 'POST', body: 'null' },
      400,
      'features: must be a list of 1024',
    ],
    ['too few features', '', { method: 'POST', body: '{"features":[1]}' }, 400, 'features: must be a list'],
    ['an oversized body', '', { method: 'POST', body: ' '.repeat(70_000) }, 413, 'body: more than'],
    ['another method', '', { method: 'PUT' }, 405, 'only GET and POST'],
  ];
  for (const [name, query, init, status, error] of bad) {
    it(`answers ${name} with ${status} and the reason`, async () => {
      const [actual, answer] = await predict(query, init);
      expect(actual).to.equal(status);
      expect(answer.error).to.include(error);
    });
  }

  it('answers a POST', async () => {
    const body = JSON.stringify({ features: Array.from({ length: FEATURES }, (_, i) => i % 256) });
    const [status, answer] = await predict('?variant=int8', { method: 'POST', body });
    expect(status).to.equal(200);
    expect(answer.predictions).to.have.length(3);
  });

  it('reports every prediction under load to the agent', async () => {
    await poll('earlier spans', async () => (agent.spans >= 60 ? true : undefined));
    const earlier = agent.spans;
    const counts = await runLoad({ url, requestsPerSecond: 100, signal: AbortSignal.timeout(1500) });
    expect(counts.answered).to.be.greaterThan(10);
    await poll('the spans of the load', async () =>
      agent.spans - earlier >= counts.answered + counts.failed ? true : undefined,
    );
  });

  it('delivers its last spans and ends when told to', async () => {
    // Requests that the load gave up are spans too, some moments later.
    let earlier = -1;
    while (earlier !== agent.spans) {
      earlier = agent.spans;
      await pause(500);
    }
    await predict('?variant=int8');
    server.kill('SIGTERM');
    const [code] = (await once(server, 'exit')) as [number];
    expect([code, agent.spans - earlier]).to.deep.equal([0, 1]);
  });
});

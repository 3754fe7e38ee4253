import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { PYTHON, requireModule } from '../python.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { ROOT } from '../source-files.ts';
import { expectExactPoints, loadSpan, SPANS, START_MS } from './otlp-load.ts';

describe("OTLP from Python's opentelemetry-sdk", () => {
  let agent: RunningAgent;
  let directory: string;
  let clock: ManualClock;

  before(function () {
    requireModule(this, 'opentelemetry.exporter.otlp.proto.grpc', 'opentelemetry.exporter.otlp.proto.http');
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'infermeter-otlp-'));
    clock = new ManualClock(START_MS);
    agent = await startAgent(clock, [
      ['data_dir', directory],
      ['listen.otlp_http', '127.0.0.1:0'],
      ['listen.http', '127.0.0.1:0'],
    ]);
  });
  afterEach(async () => {
    await agent.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const exporters: readonly (readonly [string, string, () => string])[] = [
    ['grpc', 'otlp_grpc', () => `http://${agent.grpcAddress}`],
    ['http', 'otlp_http', () => `http://${agent.otlpHttpAddress}/v1/traces`],
  ];
  for (const [protocol, source, url] of exporters) {
    it(`${protocol}: ${SPANS} spans are in the store, each once, with their values`, async () => {
      await clock.advance(30_000);
      const script = join(ROOT, 'test/integration/otlp-exporter.py');
      const python = spawn(PYTHON, [script, protocol, url()], { stdio: ['pipe', 'inherit', 'inherit'] });
      python.stdin.end(JSON.stringify(Array.from({ length: SPANS }, (_, i) => loadSpan(i))));
      expect(await once(python, 'exit')).to.deep.equal([0, null]);
      const counts = agent.agent.status().sources.find((one) => one.source === source);
      expect(counts).to.deep.include({ received: SPANS, accepted: SPANS, duplicate: 0, malformed: 0 });
      await expectExactPoints(agent);
    }).timeout(60_000);
  }
});

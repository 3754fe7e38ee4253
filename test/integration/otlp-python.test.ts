import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { PYTHON, requireModule } from '../python.ts';
import { ROOT } from '../source-files.ts';
import { OtlpAgent } from './otlp-agent.ts';
import { loadSpan, SPANS } from './otlp-load.ts';

describe("OTLP from Python's opentelemetry-sdk", () => {
  let agent: OtlpAgent;

  before(function () {
    requireModule(this, 'opentelemetry.exporter.otlp.proto.grpc', 'opentelemetry.exporter.otlp.proto.http');
  });
  beforeEach(async () => {
    agent = await OtlpAgent.start();
  });
  afterEach(() => agent.stop());

  const exporters: readonly (readonly [string, string, () => string])[] = [
    ['grpc', 'otlp_grpc', () => agent.grpcUrl],
    ['http', 'otlp_http', () => agent.tracesUrl],
  ];
  for (const [protocol, source, url] of exporters) {
    it(`${protocol}: ${SPANS} spans are in the store, each once, with their values`, async () => {
      const script = join(ROOT, 'test/integration/otlp-exporter.py');
      const python = spawn(PYTHON, [script, protocol, url()], { stdio: ['pipe', 'inherit', 'inherit'] });
      python.stdin.end(JSON.stringify(Array.from({ length: SPANS }, (_, i) => loadSpan(i))));
      expect(await once(python, 'exit')).to.deep.equal([0, null]);
      await agent.expectAll(source);
    }).timeout(60_000);
  }
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { expectExactPoints, loadSpan, SPANS, START_MS } from './otlp-load.ts';

/** `CompressionAlgorithm.GZIP` of their exporters' base. */
const GZIP = 'gzip' as never;

describe('OTLP from the exporters of @opentelemetry', () => {
  let agent: RunningAgent;
  let directory: string;
  let clock: ManualClock;

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

  const traces = (): string => `http://${agent.otlpHttpAddress}/v1/traces`;
  const exporters: readonly (readonly [string, string, () => SpanExporter])[] = [
    ['gRPC', 'otlp_grpc', () => new GrpcExporter({ url: `http://${agent.grpcAddress}` })],
    [
      'gRPC, gzip',
      'otlp_grpc',
      () => new GrpcExporter({ url: `http://${agent.grpcAddress}`, compression: GZIP }),
    ],
    ['HTTP/protobuf', 'otlp_http', () => new ProtobufExporter({ url: traces() })],
    ['HTTP/protobuf, gzip', 'otlp_http', () => new ProtobufExporter({ url: traces(), compression: GZIP })],
    ['HTTP/JSON', 'otlp_http', () => new JsonExporter({ url: traces() })],
    ['HTTP/JSON, gzip', 'otlp_http', () => new JsonExporter({ url: traces(), compression: GZIP })],
  ];
  for (const [title, source, create] of exporters) {
    it(`${title}: ${SPANS} spans are in the store, each once, with their values`, async () => {
      await clock.advance(30_000);
      await send(create());
      const counts = agent.agent.status().sources.find((one) => one.source === source);
      expect(counts).to.deep.include({ received: SPANS, accepted: SPANS, duplicate: 0, malformed: 0 });
      await expectExactPoints(agent);
    }).timeout(60_000);
  }
});

/** As a server's SDK does: batches, sent in the background, and the rest at the end. */
async function send(exporter: SpanExporter): Promise<void> {
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: SPANS });
  const resource = resourceFromAttributes({ 'service.name': 'chat-server' });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer('load');
  for (let i = 0; i < SPANS; i++) {
    const { model, startMs, endMs, failed, attributes } = loadSpan(i);
    const options = { kind: SpanKind.SERVER, startTime: hrTime(startMs), attributes, root: true };
    const span = tracer.startSpan(`chat ${model}`, options);
    span.setStatus({ code: failed ? SpanStatusCode.ERROR : SpanStatusCode.OK });
    span.addEvent('gen_ai.choice', { finish_reason: 'stop' }, hrTime(endMs));
    span.end(hrTime(endMs));
  }
  await provider.forceFlush();
  await provider.shutdown();
}

function hrTime(atMs: number): [number, number] {
  return [Math.floor(atMs / 1000), (atMs % 1000) * 1e6];
}

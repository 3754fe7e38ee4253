import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { OtlpAgent } from './otlp-agent.ts';
import { loadSpan, SPANS } from './otlp-load.ts';

/** `CompressionAlgorithm.GZIP` of their exporters' base. */
const GZIP = 'gzip' as never;

describe('OTLP from the exporters of @opentelemetry', () => {
  let agent: OtlpAgent;
  beforeEach(async () => {
    agent = await OtlpAgent.start();
  });
  afterEach(() => agent.stop());

  const exporters: readonly (readonly [string, string, () => SpanExporter])[] = [
    ['gRPC', 'otlp_grpc', () => new GrpcExporter({ url: agent.grpcUrl })],
    ['gRPC, gzip', 'otlp_grpc', () => new GrpcExporter({ url: agent.grpcUrl, compression: GZIP })],
    ['HTTP/protobuf', 'otlp_http', () => new ProtobufExporter({ url: agent.tracesUrl })],
    [
      'HTTP/protobuf, gzip',
      'otlp_http',
      () => new ProtobufExporter({ url: agent.tracesUrl, compression: GZIP }),
    ],
    ['HTTP/JSON', 'otlp_http', () => new JsonExporter({ url: agent.tracesUrl })],
    ['HTTP/JSON, gzip', 'otlp_http', () => new JsonExporter({ url: agent.tracesUrl, compression: GZIP })],
  ];
  for (const [title, source, create] of exporters) {
    it(`${title}: ${SPANS} spans are in the store, each once, with their values`, async () => {
      await send(create());
      await agent.expectAll(source);
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

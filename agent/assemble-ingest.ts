import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import type { SpanSink } from './core/span-sink.ts';
import { OtlpHttpServer } from './ingest/otlp/otlp-http-server.ts';
import { OtlpIntake } from './ingest/otlp/otlp-intake.ts';
import { SpanIntake } from './ingest/span-intake.ts';
import { SpanServer } from './ingest/span-server.ts';

/** What takes spans. */
export interface IngestParts {
  readonly intake: SpanIntake;
  readonly otlpIntake: OtlpIntake;
  readonly spanServer: SpanServer;
  readonly otlpHttpServer: OtlpHttpServer;
}

export function assembleIngest(config: Config, { clock, log }: AgentEdge, sink: SpanSink): IngestParts {
  const { listen, limits } = config;
  const rules = { ...config, labelBytes: limits.labelBytes };
  const intake = new SpanIntake(rules, sink, clock, log);
  const otlpIntake = new OtlpIntake(rules, sink, clock, log);
  const spanOptions = {
    listen: listen.grpc,
    ...(listen.socket !== undefined && { socketPath: listen.socket }),
    limits,
  };
  const otlpOptions = {
    ...(listen.otlpHttp && { listen: listen.otlpHttp }),
    messageBytes: limits.messageBytes,
  };
  return {
    intake,
    otlpIntake,
    spanServer: new SpanServer(spanOptions, { own: intake, otlp: otlpIntake }, log, clock),
    otlpHttpServer: new OtlpHttpServer(otlpOptions, otlpIntake, log, clock),
  };
}

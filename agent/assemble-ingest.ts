import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import type { Checkpointed } from './core/checkpoint.ts';
import type { Tags } from './core/point.ts';
import type { SpanSink } from './core/span-sink.ts';
import { OperatorIntake } from './ingest/operators/operator-intake.ts';
import { Forwarder } from './ingest/otlp/forward/forwarder.ts';
import { OtlpHttpServer } from './ingest/otlp/otlp-http-server.ts';
import { OtlpIntake } from './ingest/otlp/otlp-intake.ts';
import { RefusalCounter } from './ingest/refusal-counter.ts';
import { SpanIntake } from './ingest/span-intake.ts';
import { SpanServer } from './ingest/span-server.ts';

/** What takes spans. */
export interface IngestParts {
  readonly intake: SpanIntake;
  readonly otlpIntake: OtlpIntake;
  readonly operatorIntake: OperatorIntake;
  readonly spanServer: SpanServer;
  readonly otlpHttpServer: OtlpHttpServer;
  /** What was counted, so that it counts once. */
  readonly memories: readonly Checkpointed[];
  /** What they refuse unread. */
  readonly refusals: RefusalCounter;
  /** Absent: exports of OTLP end here. */
  readonly forwarder: Forwarder | undefined;
}

/** `tags`: of every point. */
export function assembleIngest(config: Config, edge: AgentEdge, tags: Tags, sink: SpanSink): IngestParts {
  const { clock, log } = edge;
  const { listen, limits } = config;
  const rules = { ...config, labelBytes: limits.labelBytes };
  const intake = new SpanIntake(rules, sink, clock, log);
  const otlpIntake = new OtlpIntake(rules, sink, clock, log);
  const operatorIntake = new OperatorIntake({ ...rules, operators: limits.operators }, tags, clock);
  const forwarder = config.forward && new Forwarder(config.forward, edge);
  const refusals = new RefusalCounter();
  const spanOptions = {
    listen: listen.grpc,
    ...(listen.socket !== undefined && { socketPath: listen.socket }),
    limits,
    refusals,
  };
  const otlpOptions = {
    ...(listen.otlpHttp && { listen: listen.otlpHttp }),
    messageBytes: limits.messageBytes,
    refusals,
    tap: forwarder,
  };
  const intakes = { own: intake, otlp: otlpIntake, operators: operatorIntake, tap: forwarder };
  return {
    intake,
    memories: [intake, otlpIntake.checkpoint],
    otlpIntake,
    operatorIntake,
    spanServer: new SpanServer(spanOptions, intakes, log, clock),
    refusals,
    otlpHttpServer: new OtlpHttpServer(otlpOptions, otlpIntake, log, clock),
    forwarder,
  };
}

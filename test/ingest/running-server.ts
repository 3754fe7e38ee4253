import { OperatorIntake } from '../../agent/ingest/operators/operator-intake.ts';
import { OtlpIntake } from '../../agent/ingest/otlp/otlp-intake.ts';
import { RefusalCounter } from '../../agent/ingest/refusal-counter.ts';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { SpanServer, type SpanServerOptions } from '../../agent/ingest/span-server.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { SpanClient, type SpanClientOptions } from './grpc-client.ts';
import { encodeBatch, type MessageFields } from './span-batch-codec.ts';

const NOW_MS = 1_800_000_000_000;
const LIMITS = { messageBytes: 1 << 20, streams: 100 };
const STOP_DEADLINE_MS = 500;

/** A server on a free port with everything around it, and the clients made for it. */
export class RunningServer {
  readonly clock = new ManualClock(NOW_MS);
  readonly sink = new RecordingSink();
  readonly log = new SilentLogger();
  readonly refusals = new RefusalCounter();
  readonly intake: SpanIntake;
  readonly otlp: OtlpIntake;
  readonly operators: OperatorIntake;
  readonly server: SpanServer;
  readonly #clients: SpanClient[] = [];

  constructor(options: Partial<SpanServerOptions> = {}) {
    const rules = { latenessMs: 30_000, intervalMs: 10_000, labels: ['gpu'], labelBytes: 256 };
    this.intake = new SpanIntake(rules, this.sink, this.clock, this.log);
    this.otlp = new OtlpIntake(rules, this.sink, this.clock, this.log);
    this.operators = new OperatorIntake({ ...rules, operators: 2 }, { instance: 'test' }, this.clock);
    const { refusals } = this;
    const withDefaults = { listen: { address: '127.0.0.1:0' }, limits: LIMITS, ...options, refusals };
    this.server = new SpanServer(
      withDefaults,
      { own: this.intake, otlp: this.otlp, operators: this.operators },
      this.log,
      this.clock,
    );
  }

  static async start(options: Partial<SpanServerOptions> = {}): Promise<RunningServer> {
    const running = new RunningServer(options);
    await running.server.start();
    return running;
  }

  get address(): string {
    return this.server.addresses()['grpc'];
  }

  /** By name, which is what certificates are made for. */
  get namedAddress(): string {
    return this.address.replace('127.0.0.1', 'localhost');
  }

  client(options: SpanClientOptions = {}, address = this.namedAddress): SpanClient {
    const client = new SpanClient(address, options);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.stop(AbortSignal.timeout(STOP_DEADLINE_MS));
  }
}

/** A message of so many good spans. */
export function spansMessage(count: number, fields: MessageFields = {}): Uint8Array {
  const span = { model: 'm', startUnixNano: BigInt(NOW_MS) * 1_000_000n, durationNano: 1000 };
  return encodeBatch({ ...fields, spans: Array.from({ length: count }, () => span) });
}

/** The status code and text with which a call ended; fails if it went well. */
export async function failureOf(call: Promise<unknown>): Promise<{ code: number; details: string }> {
  const outcome = await call.then(
    () => undefined,
    (error: { code: number; details: string }) => ({ code: error.code, details: error.details }),
  );
  if (outcome === undefined) throw new Error('the call was expected to fail');
  return outcome;
}

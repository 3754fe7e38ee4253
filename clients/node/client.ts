import { randomBytes, randomInt } from 'node:crypto';
import { Backoff } from './backoff.ts';
import { BatchEncoder } from './batch-encoder.ts';
import { BatchQueue } from './batch-queue.ts';
import { BatchSender } from './batch-sender.ts';
import { type ClientClock, systemClock } from './clock.ts';
import { CompletionClock } from './completion-clock.ts';
import { type ClientError, ErrorReporter, errorMessage } from './error-reporter.ts';
import { GrpcTransport, type TlsOptions } from './grpc-transport.ts';
import { Series, type SeriesContext } from './series.ts';
import { type SeriesKey, SeriesRegistry } from './series-registry.ts';
import { SpanBuffer } from './span-buffer.ts';
import type { Transport } from './transport.ts';

export interface ClientOptions {
  /** `host:port`, or `unix:/path` of the agent's socket. Default: 127.0.0.1:4317, the agent's own. */
  readonly address?: string | undefined;
  /** Left out: no TLS, which is for loopback and sockets. */
  readonly tls?: TlsOptions | undefined;
  /** Bearer token; a function is asked anew for each connection, so that a renewed token is found. */
  readonly token?: string | (() => string) | undefined;
  /** How long a span waits for others at the most, 10 to 10,000. Default 500. */
  readonly flushIntervalMs?: number | undefined;
  /** Spans kept while the agent is away or slow, 1 to 1,048,576; some 50 bytes each. Default 65,536. */
  readonly maxSpans?: number | undefined;
  /** Which spans go when these are reached. Default drop-oldest: the agent would soon refuse those as too late. */
  readonly whenFull?: 'drop-oldest' | 'drop-newest' | undefined;
  /** Told of trouble at most once a minute and kind; all of it is counted in `stats()`. */
  readonly onError?: ((error: ClientError) => void) | undefined;
}

/** Counters since the client was made: recorded = accepted + rejected + dropped + waiting, always. */
export interface ClientStats {
  /** Spans with valid arguments. */
  readonly recorded: number;
  /** Spans that were put into a batch for the agent; one sent again counts once. */
  readonly sent: number;
  readonly accepted: number;
  /** Refused by the agent. */
  readonly rejected: number;
  /** Let go here: the buffer was full, or the client closed. The agent is told. */
  readonly dropped: number;
  /** Not answered yet. */
  readonly waiting: number;
  /** Spans refused here for a bad argument; not part of `recorded`. */
  readonly invalid: number;
  readonly reconnects: number;
  readonly lastError: ClientError | undefined;
}

/** What a test replaces. */
export interface ClientParts {
  readonly clock: ClientClock;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
  readonly transport: Transport;
}

/** A series with the names of its phases, in the order in which they run. */
export interface SeriesOptions<P extends string> extends SeriesKey {
  /** queue, preprocess, h2d, inference, d2h, postprocess, prefill, decode, or names of your own. */
  readonly phases?: readonly P[] | undefined;
}

/**
 * Sends the timing spans of finished requests to an infermeter agent, in the background. It is a guest in the
 * process that it measures: no method throws or waits, memory is bounded, and what is lost is counted.
 */
export class Client {
  readonly #registry = new SeriesRegistry();
  readonly #context: SeriesContext;
  readonly #errors: ErrorReporter;
  readonly #queue: BatchQueue;
  readonly #sender: BatchSender;
  #invalid = 0;

  /** Use `createClient`. */
  constructor(options: ClientOptions, { clock, random, transport }: ClientParts) {
    const maxSpans = bounded(options.maxSpans ?? 65_536, 1, 2 ** 20);
    const flushIntervalMs = bounded(options.flushIntervalMs ?? 500, 10, 10_000);
    const buffer = new SpanBuffer(maxSpans, options.whenFull !== 'drop-newest');
    const errors = new ErrorReporter(clock, options.onError);
    const queue = new BatchQueue(buffer, new BatchEncoder(buffer, this.#registry), randomBytes(16));
    const backoff = new Backoff(random);
    this.#errors = errors;
    this.#queue = queue;
    this.#sender = new BatchSender({ buffer, queue, transport, backoff, clock, errors }, flushIntervalMs);
    const completions = new CompletionClock(clock);
    this.#context = { buffer, clock, completions, refuse: (reason) => this.#refuse(reason) };
  }

  /** Opens a series; the same key gives the same series. A bad key gives one whose spans all count as `invalid`. */
  series<const P extends string = never>(options: SeriesOptions<P>): Series<P> {
    try {
      const phases = new Map<P, number>();
      for (const name of options.phases ?? []) phases.set(name, this.#registry.openPhase(name));
      return new Series(this.#context, this.#registry.openSeries(options), phases);
    } catch (error) {
      return new Series<P>(this.#context, 0, new Map(), `series: ${errorMessage(error)}`);
    }
  }

  stats(): ClientStats {
    const { buffer } = this.#context;
    const { sent, accepted, rejected, dropped, reconnects } = this.#sender.counts;
    return {
      recorded: buffer.recorded,
      sent,
      accepted,
      rejected,
      dropped: buffer.dropped + dropped,
      waiting: buffer.count + this.#queue.spans,
      invalid: this.#invalid,
      reconnects,
      lastError: this.#errors.last,
    };
  }

  /**
   * Sends what waits and takes no more spans. Resolves when the agent has answered, or after `deadlineMs`,
   * when the rest is dropped; it never rejects.
   */
  close(deadlineMs = 2000): Promise<void> {
    return this.#sender.close(bounded(deadlineMs, 0, 600_000));
  }

  #refuse(reason: string): void {
    this.#invalid++;
    this.#errors.report('invalid', reason);
  }
}

/** A client of the agent at `options.address`, which need not be up yet. It connects when there are spans to send. */
export function createClient(options?: ClientOptions): Client {
  const chosen = { ...options, address: options?.address ?? '127.0.0.1:4317' };
  return new Client(chosen, {
    clock: systemClock,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    transport: new GrpcTransport(chosen, systemClock),
  });
}

/** An option out of its range must not stop a server: the nearest bound is taken. */
function bounded(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.trunc(Number(value)) || min));
}

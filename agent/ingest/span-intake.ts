import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import type { SpanSink } from '../core/span-sink.ts';
import type { SourceCounts } from '../core/status.ts';
import { BatchReader } from './batch-reader.ts';
import { Dedupe } from './dedupe.ts';
import { MalformedBatch } from './malformed-batch.ts';
import type { ProducerWindow } from './producer-window.ts';
import { SeriesResolver } from './series-resolver.ts';
import { SourceCounter } from './source-counter.ts';
import { applySpans, type BatchResult } from './span-applier.ts';
import { MAX_AHEAD_MS } from './span-rules.ts';
import type { SpanStaging } from './span-staging.ts';

export interface SpanIntakeOptions {
  /** How long after its completion a span is still taken. */
  readonly latenessMs: number;
  /** The slice; with the lateness it says how long batches are remembered. */
  readonly intervalMs: number;
  /** Keys of the labels that become tags. */
  readonly labels: readonly string[];
  /** UTF-8 bytes that a name or a label's value may have; default 256. */
  readonly labelBytes?: number;
}

/** What became of a message. */
export type Receipt = BatchAck | { readonly kind: 'malformed'; readonly reason: string };

/** `BatchAck` of the wire contract. */
export interface BatchAck extends BatchResult {
  readonly kind: 'ack';
  readonly sequence: number;
  readonly duplicate: boolean;
}

/** The methods over which spans come. */
export type SpanSource = 'report' | 'stream';

const MAX_PRODUCER_ID_BYTES = 32;
const DEFAULT_LABEL_BYTES = 256;
const MAX_REQUEST_ID_BYTES = 64;

/**
 * Takes `SpanBatch` messages: reads, checks and counts them and hands their spans on. A message that does not
 * parse leaves no trace but its count; of one that does, each span is taken or refused by itself.
 */
export class SpanIntake implements Checkpointed {
  readonly #latenessMs: number;
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #reader: BatchReader;
  readonly #resolver: SeriesResolver;
  readonly #dedupe: Dedupe;
  readonly #counters = { report: new SourceCounter('report'), stream: new SourceCounter('stream') };

  constructor(options: SpanIntakeOptions, sink: SpanSink, clock: Clock, log: Logger) {
    const { latenessMs, intervalMs, labels, labelBytes = DEFAULT_LABEL_BYTES } = options;
    this.#latenessMs = latenessMs;
    this.#sink = sink;
    this.#clock = clock;
    this.#reader = new BatchReader(labels, labelBytes);
    this.#resolver = new SeriesResolver(this.#reader.intern, sink, labels);
    this.#dedupe = new Dedupe(2 * (latenessMs + intervalMs), clock, log);
  }

  get schema(): string {
    return this.#dedupe.schema;
  }

  /** Hot. `bytes` may be reused by the caller afterwards. */
  receive(bytes: Uint8Array, source: SpanSource): Receipt {
    const counter = this.#counters[source];
    const nowMs = this.#clock.wallMs();
    const reason = this.#read(bytes);
    if (reason !== undefined) {
      counter.malformed(reason, nowMs);
      return { kind: 'malformed', reason };
    }
    const { producerId, sequence, dropped } = this.#reader;
    if (producerId.length === 0 || sequence === 0) {
      if (dropped > 0) counter.clientDropped(dropped);
      return acknowledge(sequence, this.#apply(bytes, counter, nowMs));
    }
    return this.#receiveOnce(bytes, counter, nowMs, this.#dedupe.producer(producerId, nowMs));
  }

  counts(): readonly SourceCounts[] {
    return Object.values(this.#counters).map((counter) => counter.counts());
  }

  capture(): CapturedState {
    return this.#dedupe.capture();
  }

  restore(database: Database): Promise<void> {
    return this.#dedupe.restore(database);
  }

  /** Reads the message; returns what is wrong with it. */
  #read(bytes: Uint8Array): string | undefined {
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (error instanceof MalformedBatch) return error.message;
      throw error;
    }
    if (this.#reader.producerId.length > MAX_PRODUCER_ID_BYTES) {
      return `producer_id of more than ${MAX_PRODUCER_ID_BYTES} bytes`;
    }
    if (this.#reader.sequence > Number.MAX_SAFE_INTEGER) return 'sequence of more than 2^53';
    return undefined;
  }

  #receiveOnce(bytes: Uint8Array, counter: SourceCounter, nowMs: number, producer: ProducerWindow): BatchAck {
    const { sequence, dropped, staging } = this.#reader;
    if (producer.has(sequence)) {
      counter.duplicates(staging.count);
      const { accepted, rejected } = producer.answer(sequence) ?? { accepted: 0, rejected: 0 };
      return { kind: 'ack', sequence, accepted, rejected, duplicate: true, rejections: [] };
    }
    if (dropped > 0) counter.clientDropped(dropped);
    const result = this.#apply(bytes, counter, nowMs);
    producer.add(sequence, result);
    producer.dirty = true;
    return acknowledge(sequence, result);
  }

  #apply(bytes: Uint8Array, counter: SourceCounter, nowMs: number): BatchResult {
    const { staging, intern } = this.#reader;
    const range = {
      oldestMs: Math.max(nowMs - this.#latenessMs, this.#sink.oldestMs),
      newestMs: nowMs + MAX_AHEAD_MS,
    };
    this.#resolver.refresh();
    const result = applySpans({ staging, intern, resolver: this.#resolver, counter, range });
    if (result.accepted > 0) this.#sink.record(staging, nowMs);
    const [first] = result.rejections;
    if (first !== undefined) counter.rejection(first.reason, describe(bytes, staging, first.index), nowMs);
    return result;
  }
}

function acknowledge(sequence: number, result: BatchResult): BatchAck {
  return { kind: 'ack', sequence, duplicate: false, ...result };
}

/** Which span was refused, as its sender may know it: bounded, and without control characters. */
function describe(bytes: Uint8Array, staging: SpanStaging, index: number): string {
  const start = staging.requestStart[index];
  const end = Math.min(staging.requestEnd[index], start + MAX_REQUEST_ID_BYTES);
  if (end === start) return `span ${index} of a batch`;
  const id = Buffer.from(bytes.subarray(start, end))
    .toString()
    .replace(/\p{Cc}/gu, '?');
  return `span ${index} of a batch, request ${id}`;
}

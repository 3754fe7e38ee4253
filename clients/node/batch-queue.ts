import type { BatchEncoder } from './batch-encoder.ts';
import type { SpanBuffer } from './span-buffer.ts';

/** The most spans in one batch: some 25 kB with three phases, well below the least limit of an agent (64 KiB). */
export const BATCH_SPANS = 512;
/** While a slow agent owes the answers to so many batches, further spans wait in the buffer. */
const MAX_BATCHES = 8;

export interface Batch {
  readonly sequence: number;
  readonly spans: number;
  readonly bytes: Uint8Array;
}

/** The batches that the agent has not answered, oldest first, each kept as the bytes that may have to be sent again. */
export class BatchQueue {
  readonly #buffer: SpanBuffer;
  readonly #encoder: BatchEncoder;
  readonly #producerId: Uint8Array;
  readonly #batches: Batch[] = [];
  #sequence = 0;
  #reportedDrops = 0;
  /** How many of the batches, from the oldest on, went out on the present stream. */
  #onStream = 0;

  constructor(buffer: SpanBuffer, encoder: BatchEncoder, producerId: Uint8Array) {
    this.#buffer = buffer;
    this.#encoder = encoder;
    this.#producerId = producerId;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  get isFull(): boolean {
    return this.#batches.length === MAX_BATCHES;
  }

  get spans(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.spans, 0);
  }

  /** Moves spans from the buffer into batches, as far as there is room. Returns how many. */
  fill(): number {
    let moved = 0;
    while (this.#buffer.count > 0 && !this.isFull) moved += this.#cut();
    return moved;
  }

  /** What the present stream has yet to carry; it counts as sent. */
  takeUnsent(): readonly Batch[] {
    const unsent = this.#batches.slice(this.#onStream);
    this.#onStream = this.#batches.length;
    return unsent;
  }

  /** The stream is gone: everything must go out again. */
  streamLost(): void {
    this.#onStream = 0;
  }

  /** Takes out the batch that is answered; undefined if it is none of ours. */
  answered(sequence: number): Batch | undefined {
    const index = this.#batches.findIndex((batch) => batch.sequence === sequence);
    return index === -1 ? undefined : this.#remove(index);
  }

  removeOldest(): Batch | undefined {
    return this.#remove(0);
  }

  #cut(): number {
    const spans = Math.min(this.#buffer.count, BATCH_SPANS);
    const { dropped } = this.#buffer;
    this.#sequence++;
    const bytes = this.#encoder.encode(spans, {
      producerId: this.#producerId,
      sequence: this.#sequence,
      dropped: dropped - this.#reportedDrops,
    });
    this.#reportedDrops = dropped;
    this.#buffer.release(spans);
    this.#batches.push({ sequence: this.#sequence, spans, bytes });
    return spans;
  }

  #remove(index: number): Batch | undefined {
    if (index < this.#onStream) this.#onStream--;
    return this.#batches.splice(index, 1)[0];
  }
}

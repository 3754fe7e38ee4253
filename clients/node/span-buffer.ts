const INITIAL_SPANS = 1024;

/** The values of a span, by their place in its row. Those from `weight` on are NaN where a span has none. */
export const Column = {
  /** Completion, Unix ms. */
  endMs: 0,
  durationMs: 1,
  weight: 2,
  batchSize: 3,
  inputTokens: 4,
  outputTokens: 5,
  firstTokenMs: 6,
  /** The first phase's duration in milliseconds, and so on. */
  phases: 7,
} as const;

/**
 * Finished spans that wait to be sent: a ring of rows in one array, which doubles until it holds `maxSpans` and
 * then lets spans go. Free rows hold NaN, so that recording writes only what its span has.
 *
 * Hot path: `claim`, write into the row, `commit` (test/bench/client.ts). Rows, not columns: a span with three
 * phases then touches two cache lines instead of seven.
 */
export class SpanBuffer {
  readonly #maxSpans: number;
  readonly #dropOldest: boolean;
  #capacity: number;
  /** The capacity, or 0 once sealed. */
  #room: number;
  #head = 0;
  #count = 0;

  /** Series id * 4 + status, as on the wire but for the id, which is the client's own. */
  seriesStatus: Uint32Array;
  /** The row of slot s begins at s * stride. */
  values: Float64Array;
  stride: number = Column.phases;
  /** Spans ever taken or let go. */
  recorded = 0;
  /** Of those, the ones let go because the buffer was full or sealed. */
  dropped = 0;
  /** `wake` is called by each span that finds at least this many waiting, itself included. */
  wakeAt = 1;
  wake: () => void = () => {};

  constructor(maxSpans: number, dropOldest: boolean) {
    this.#maxSpans = maxSpans;
    this.#dropOldest = dropOldest;
    this.#capacity = Math.min(INITIAL_SPANS, maxSpans);
    this.#room = this.#capacity;
    this.seriesStatus = new Uint32Array(this.#capacity);
    this.values = new Float64Array(this.#capacity * this.stride).fill(Number.NaN);
  }

  /** Spans that wait. */
  get count(): number {
    return this.#count;
  }

  /** The slot for the next span, or -1 if that is dropped. `commit` or `abandon` must follow a slot. */
  claim(): number {
    this.recorded++;
    if (this.#count >= this.#room && !this.#makeRoom()) return -1;
    return this.slot(this.#count);
  }

  /** The span in the slot that `claim` gave is complete. */
  commit(): void {
    if (++this.#count >= this.wakeAt) this.wake();
  }

  /** Slow path: the span in the slot that `claim` gave was never meant. */
  abandon(slot: number): void {
    this.recorded--;
    this.#clear(slot, slot + 1);
  }

  /** The slot of the i-th oldest span. */
  slot(i: number): number {
    const slot = this.#head + i;
    return slot < this.#capacity ? slot : slot - this.#capacity;
  }

  /** Forgets the `count` oldest spans. */
  release(count: number): void {
    const end = this.#head + count;
    this.#clear(this.#head, Math.min(end, this.#capacity));
    if (end > this.#capacity) this.#clear(0, end - this.#capacity);
    this.#head = end % this.#capacity;
    this.#count -= count;
  }

  /** From now on every span is dropped; what waits stays. */
  seal(): void {
    this.#room = 0;
  }

  /** Slow path: makes room for `phases` phases in each row. */
  fitPhases(phases: number): void {
    const stride = Column.phases + phases;
    if (stride > this.stride) this.#rebuild(this.#capacity, stride);
  }

  #clear(from: number, to: number): void {
    this.values.fill(Number.NaN, from * this.stride, to * this.stride);
  }

  /** Slow path of `claim`: the ring is full. */
  #makeRoom(): boolean {
    const sealed = this.#room === 0;
    if (!sealed && this.#capacity < this.#maxSpans) {
      this.#rebuild(Math.min(this.#capacity * 2, this.#maxSpans), this.stride);
      this.#room = this.#capacity;
      return true;
    }
    this.dropped++;
    if (sealed || !this.#dropOldest) return false;
    this.release(1);
    return true;
  }

  #rebuild(capacity: number, stride: number): void {
    const seriesStatus = new Uint32Array(capacity);
    const values = new Float64Array(capacity * stride).fill(Number.NaN);
    for (let i = 0; i < this.#count; i++) {
      const slot = this.slot(i);
      seriesStatus[i] = this.seriesStatus[slot] as number;
      values.set(this.values.subarray(slot * this.stride, (slot + 1) * this.stride), i * stride);
    }
    this.seriesStatus = seriesStatus;
    this.values = values;
    this.stride = stride;
    this.#capacity = capacity;
    this.#head = 0;
  }
}

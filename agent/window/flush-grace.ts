/** After the last batch, during which more of them are waited for. */
const REMEMBER_MS = 600_000;

/**
 * How long after its end a window is first written: long enough for what is on its way. Sources that export every 5 s
 * (the batch processors of OpenTelemetry) are waited for longer, while any is there: a window of 10 s would first be
 * written without 30 % of its requests at the worst, 9 % on average (decision 16).
 */
export class FlushGrace {
  readonly #promptMs: number;
  readonly #batchedMs: number;
  #lastBatchMs = Number.NEGATIVE_INFINITY;

  constructor(promptMs: number, batchedMs: number) {
    this.#promptMs = promptMs;
    this.#batchedMs = Math.max(promptMs, batchedMs);
  }

  /** Spans came that such a source had gathered. */
  noteBatch(nowMs: number): void {
    this.#lastBatchMs = nowMs;
  }

  at(nowMs: number): number {
    return nowMs - this.#lastBatchMs < REMEMBER_MS ? this.#batchedMs : this.#promptMs;
  }
}

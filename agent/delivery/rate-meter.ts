interface Amount {
  readonly atMs: number;
  readonly bytes: number;
}

const RANGE_MS = 300_000;

/** Bytes a second over the last five minutes. */
export class RateMeter {
  #amounts: Amount[] = [];

  /** `atMs`: monotonic. */
  add(bytes: number, atMs: number): void {
    this.#amounts = this.#amounts.filter((amount) => amount.atMs > atMs - RANGE_MS);
    this.#amounts.push({ atMs, bytes });
  }

  /** Undefined before the second amount: the first one says nothing about time. */
  bytesPerSecond(): number | undefined {
    const first = this.#amounts[0];
    const last = this.#amounts.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
    const bytes = this.#amounts.slice(1).reduce((sum, amount) => sum + amount.bytes, 0);
    return bytes === 0 ? undefined : (bytes * 1000) / (last.atMs - first.atMs);
  }
}

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
const FIRST_HOLD_MS = 30_000;
const MAX_HOLD_MS = 300_000;
/** A server may name a time, but not switch us off for a day. */
const MAX_NAMED_MS = 600_000;

/** How long to wait after failures in a row; a success starts anew. */
export class RetrySchedule {
  readonly #random: () => number;
  #failures = 0;

  /** `random`: 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Milliseconds until the same request may be made again: doubling from 1 s to a minute, or what the server named
   * (at once only after a first failure), and up to half as much again, so that a fleet does not come back as one.
   */
  retryAfter(namedMs: number | undefined): number {
    const delayMs = this.#doubled(FIRST_RETRY_MS, MAX_RETRY_MS);
    if (namedMs === undefined) return this.#spread(delayMs);
    if (namedMs <= 0) return this.#failures === 1 ? 0 : this.#spread(delayMs);
    return this.#spread(Math.min(namedMs, MAX_NAMED_MS));
  }

  /** Milliseconds until it is worth looking again whether the user has put things right. */
  holdAfter(): number {
    return this.#spread(this.#doubled(FIRST_HOLD_MS, MAX_HOLD_MS));
  }

  #doubled(firstMs: number, maxMs: number): number {
    this.#failures += 1;
    return Math.min(maxMs, firstMs * 2 ** (this.#failures - 1));
  }

  #spread(delayMs: number): number {
    return delayMs * (1 + this.#random() / 2);
  }
}

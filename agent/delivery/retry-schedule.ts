const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
const FIRST_HOLD_MS = 30_000;
const MAX_HOLD_MS = 300_000;
/** A server may name a time, but not switch us off for a day. */
const MAX_NAMED_MS = 600_000;

/** How long to wait after failures in a row; a success starts anew. */
export class RetrySchedule {
  readonly #random: () => number;
  #retries = 0;
  #holds = 0;

  /** `random`: 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  succeeded(): void {
    this.#retries = 0;
    this.#holds = 0;
  }

  /**
   * Milliseconds until the same request may be made again: doubling from 1 s to a minute, or what the server named
   * (at once only after a first failure), and up to half as much again, so that a fleet does not come back as one.
   */
  retryAfter(namedMs: number | undefined): number {
    this.#retries += 1;
    if (namedMs !== undefined && namedMs > 0) return this.#spread(Math.min(namedMs, MAX_NAMED_MS));
    if (namedMs !== undefined && this.#retries === 1) return 0;
    return this.#spread(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#retries - 1)));
  }

  /** Milliseconds until it is worth looking again whether the user has put things right: from 30 s to 5 min. */
  holdAfter(): number {
    this.#holds += 1;
    return this.#spread(Math.min(MAX_HOLD_MS, FIRST_HOLD_MS * 2 ** (this.#holds - 1)));
  }

  #spread(delayMs: number): number {
    return delayMs * (1 + this.#random() / 2);
  }
}

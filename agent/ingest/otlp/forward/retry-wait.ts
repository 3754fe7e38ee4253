const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** Nothing waits longer than this anyway. */
const LONGEST_NAMED_MS = 300_000;

/** How long to wait after failures in a row: doubling from 1 s to 30 s, or what the far end named, and up to a quarter more. */
export class RetryWait {
  readonly #random: () => number;
  #failures = 0;

  /** `random`: 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** After one more failure. */
  nextMs(namedMs: number | undefined): number {
    const grownMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    const delayMs = namedMs === undefined ? grownMs : Math.min(LONGEST_NAMED_MS, namedMs);
    return delayMs * (1 + this.#random() / 4);
  }
}

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * How long to wait after failures in a row: 1 s, doubling to 60 s, each shortened by up to a fifth by chance, so that
 * the agents of a machine do not try again together.
 */
export class BackOff {
  readonly #random: () => number;
  #failures = 0;

  /** `random`: 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** After one more failure. */
  nextMs(): number {
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return delayMs * (1 - 0.2 * this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}

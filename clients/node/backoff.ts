const FIRST_MS = 100;
/** Well below the agent's lateness (30 s by default): what waits is still taken once the agent is back. */
const MAX_MS = 5000;

/** Growing waits between attempts, each drawn between half and all of its bound, so that many clients spread out. */
export class Backoff {
  readonly #random: () => number;
  #boundMs = FIRST_MS;

  /** `random` gives numbers from 0 to below 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  nextMs(): number {
    const boundMs = this.#boundMs;
    this.#boundMs = Math.min(boundMs * 2, MAX_MS);
    return boundMs * (0.5 + this.#random() / 2);
  }

  /** An attempt went well. */
  reset(): void {
    this.#boundMs = FIRST_MS;
  }
}

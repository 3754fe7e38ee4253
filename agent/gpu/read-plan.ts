import type { ReadRequest } from './gpu-reader.ts';

/** What is dear is read this often: energy alone takes 4 ms; the driver keeps 14 s of utilization samples. */
const FULL_MS = 10_000;
/** The driver keeps some 2.4 s of power samples; asking costs 0.3 ms warm, twice that once a second. */
const POWER_MS = 2000;

/** Says what each reading is to include. Times are monotonic. */
export class ReadPlan {
  readonly #intervalMs: number;
  readonly #processes: boolean;
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #lastPowerMs = Number.NEGATIVE_INFINITY;

  constructor({ intervalMs, processes }: { readonly intervalMs: number; readonly processes: boolean }) {
    this.#intervalMs = intervalMs;
    this.#processes = processes;
  }

  /**
   * What is due, rather half an interval early than late: a tick later may be too late. `wantsPower`: somebody shapes
   * energy by it. Processes come and go slowly, and cost half as much as all else of a tick: with the full reading.
   */
  next(nowMs: number, wantsPower: boolean): ReadRequest {
    const isDue = (lastMs: number, everyMs: number) => nowMs - lastMs >= everyMs - this.#intervalMs / 2;
    const full = isDue(this.#lastFullMs, FULL_MS);
    const power = wantsPower && isDue(this.#lastPowerMs, POWER_MS);
    if (full) this.#lastFullMs = nowMs;
    if (power) this.#lastPowerMs = nowMs;
    return { full, power, processes: full && this.#processes };
  }

  /** The next one is full: after an outage, or where another source reads. */
  restart(): void {
    this.#lastFullMs = Number.NEGATIVE_INFINITY;
    this.#lastPowerMs = Number.NEGATIVE_INFINITY;
  }
}

import type { ReadRequest } from './gpu-reader.ts';

/** What is dear is read this often: energy alone takes 4 ms; the driver keeps 14 s of utilization samples. */
const FULL_MS = 10_000;
/** The driver keeps some 2.4 s of power samples; asking costs 0.3 ms warm, twice that once a second. */
const POWER_MS = 2000;

/**
 * Says what each reading is to include. Full readings fall on whole tens of seconds of the agent's clock, where slices
 * begin and end: the energy of a slice is then a difference of two readings, with next to nothing to interpolate.
 */
export class ReadPlan {
  readonly #intervalMs: number;
  readonly #processes: boolean;
  /** Which ten seconds had their full reading. */
  #lastFull = Number.NaN;
  #lastPowerMs = Number.NEGATIVE_INFINITY;

  constructor({ intervalMs, processes }: { readonly intervalMs: number; readonly processes: boolean }) {
    this.#intervalMs = intervalMs;
    this.#processes = processes;
  }

  /**
   * What is due at a time in Unix ms, rather half an interval early than late: a tick later may be too late.
   * `wantsPower`: somebody shapes energy by it. Processes come and go slowly, and cost half as much as all else of a
   * tick: with the full reading.
   */
  next(nowMs: number, wantsPower: boolean): ReadRequest {
    const tens = Math.floor((nowMs + this.#intervalMs / 2) / FULL_MS);
    const full = tens !== this.#lastFull;
    const elapsedMs = Math.abs(nowMs - this.#lastPowerMs);
    const power = wantsPower && elapsedMs >= POWER_MS - this.#intervalMs / 2;
    this.#lastFull = tens;
    if (power) this.#lastPowerMs = nowMs;
    return { full, power, processes: full && this.#processes };
  }

  /** The next one is full: after an outage, or where another source reads. */
  restart(): void {
    this.#lastFull = Number.NaN;
    this.#lastPowerMs = Number.NEGATIVE_INFINITY;
  }
}

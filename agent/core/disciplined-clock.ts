import type { Clock } from './clock.ts';

/** An error of the wall clock up to this much is slewed; a larger one is stepped over. */
const MAX_SLEW_MS = 1000;
/** How much of the elapsed time may be added or withheld while slewing: 1 s is absorbed in 100 s. */
const SLEW_RATIO = 0.01;
const CHECK_EVERY_MS = 100;

/**
 * The agent's time: a wall anchor plus monotonic time, so that a clock that the machine's time service
 * nudges does not bend durations and slices. Small errors are slewed, a step of more than a second is taken
 * over at once (forward it leaves slices that nobody watched; the aggregator never reopens an emitted end).
 */
export class DisciplinedClock implements Clock {
  readonly #source: Clock;
  #offsetMs: number;
  #lastCheckMs: number;

  constructor(source: Clock) {
    this.#source = source;
    this.#lastCheckMs = source.monotonicMs();
    this.#offsetMs = source.wallMs() - this.#lastCheckMs;
  }

  wallMs(): number {
    const monotonicMs = this.#source.monotonicMs();
    const elapsedMs = monotonicMs - this.#lastCheckMs;
    if (elapsedMs >= CHECK_EVERY_MS) this.#discipline(monotonicMs, elapsedMs);
    return monotonicMs + this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#source.monotonicMs();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#source.sleep(delayMs, signal);
  }

  #discipline(monotonicMs: number, elapsedMs: number): void {
    this.#lastCheckMs = monotonicMs;
    const errorMs = this.#source.wallMs() - monotonicMs - this.#offsetMs;
    if (Math.abs(errorMs) > MAX_SLEW_MS) {
      this.#offsetMs += errorMs;
      return;
    }
    const limitMs = elapsedMs * SLEW_RATIO;
    this.#offsetMs += Math.max(-limitMs, Math.min(limitMs, errorMs));
  }
}

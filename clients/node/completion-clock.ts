import type { ClientClock } from './clock.ts';

/** So many readings of one millisecond are a burst. */
const BURST_READINGS = 8;
/** Readings that may be spared before the clock is asked again. */
const MAX_SPARED = 64;

/**
 * Unix time at which requests complete. The requests of one batch complete in one turn of the event loop, and a
 * clock reading costs more than all else that `Series.record` does (test/bench/client.ts): within a burst the
 * last reading is used again, until the turn is over.
 */
export class CompletionClock {
  readonly #clock: ClientClock;
  #lastMs = Number.NaN;
  #sameMs = 0;
  #spare = 0;

  constructor(clock: ClientClock) {
    this.#clock = clock;
  }

  nowMs(): number {
    if (this.#spare > 0) {
      this.#spare--;
      return this.#lastMs;
    }
    return this.#read();
  }

  #read(): number {
    const nowMs = this.#clock.wallMs();
    this.#sameMs = nowMs === this.#lastMs ? this.#sameMs + 1 : 0;
    this.#lastMs = nowMs;
    if (this.#sameMs >= BURST_READINGS) this.#spareReadings();
    return nowMs;
  }

  #spareReadings(): void {
    this.#sameMs = 0;
    this.#spare = MAX_SPARED;
    this.#clock.soon(() => {
      this.#spare = 0;
    });
  }
}

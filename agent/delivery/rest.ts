import type { Clock } from '../core/clock.ts';

/** About twelve days: longer ones overflow the timers. */
const MAX_REST_MS = 2 ** 30;

/** Lets one loop rest until time is up or somebody wakes it; a wake before the rest is not lost. */
export class Rest {
  readonly #clock: Clock;
  #waker = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async for(delayMs: number = MAX_REST_MS): Promise<void> {
    await this.#clock.sleep(delayMs, this.#waker.signal);
    if (this.#waker.signal.aborted) this.#waker = new AbortController();
  }

  wake(): void {
    this.#waker.abort();
  }
}

import type { ClientClock, Scheduled } from '../../../clients/node/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A client's clock that stands still until the test moves it. */
export class ManualClientClock implements ClientClock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #timers: Timer[] = [];

  constructor(startMs = 1_800_000_000_000) {
    this.#startMs = startMs;
  }

  wallMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): Scheduled {
    const timer = { dueMs: this.#elapsedMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  soon(callback: () => void): void {
    this.schedule(0, callback);
  }

  /** Timers that still wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves time on; what falls due is called at its own time, in order. */
  advance(deltaMs: number): void {
    const targetMs = this.#elapsedMs + deltaMs;
    for (;;) {
      const next = this.#timers.filter((t) => t.dueMs <= targetMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.callback();
    }
    this.#elapsedMs = targetMs;
  }
}

import type { Clock } from '../../agent/core/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #sleepers: Sleeper[] = [];

  constructor(wallMs = 1_800_000_000_000) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const onAbort = (): void => this.#wake(sleeper);
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { wakeMs: this.#monotonicMs + Math.max(0, delayMs), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Number of sleepers that still wait. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves time on, waking each sleeper at its own time, in order, with the promises in between settled. */
  async advance(deltaMs: number): Promise<void> {
    await settle();
    const targetMs = this.#monotonicMs + deltaMs;
    for (;;) {
      const next = this.#sleepers.filter((s) => s.wakeMs <= targetMs).sort((a, b) => a.wakeMs - b.wakeMs)[0];
      if (next === undefined) break;
      this.#moveTo(next.wakeMs);
      this.#wake(next);
      await settle();
    }
    this.#moveTo(targetMs);
    await settle();
  }

  /** The machine's clock is set: wall time jumps, monotonic time does not. */
  step(deltaMs: number): void {
    this.#wallMs += deltaMs;
  }

  #moveTo(monotonicMs: number): void {
    const deltaMs = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += deltaMs;
    this.#wallMs += deltaMs;
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((s) => s !== sleeper);
    sleeper.wake();
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

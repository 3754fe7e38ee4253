import type { Clock } from '../../agent/core/clock.ts';

/** Moves by hand, and a little at each look, so that long work finds its time over. */
export class TestClock implements Clock {
  readonly #lookMs: number;
  #wallMs: number;
  #monotonicMs = 0;

  constructor(wallMs: number, lookMs = 0) {
    this.#wallMs = wallMs;
    this.#lookMs = lookMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    this.advance(this.#lookMs);
    return this.#monotonicMs;
  }

  async sleep(): Promise<void> {}

  advance(deltaMs: number): void {
    this.#wallMs += deltaMs;
    this.#monotonicMs += deltaMs;
  }

  /** The machine's clock is set. */
  step(deltaMs: number): void {
    this.#wallMs += deltaMs;
  }
}

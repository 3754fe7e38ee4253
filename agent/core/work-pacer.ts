import type { Clock } from './clock.ts';

/** Work goes on for this long before other work may run. */
const PIECE_MS = 1;
/** Looking at the clock costs more than a small step. */
const STEPS_PER_LOOK = 8;

/** Cuts long work into pieces, so that spans are taken in between. */
export class WorkPacer {
  readonly #clock: Clock;
  readonly #yieldToLoop: () => Promise<void>;
  #pieceStartMs: number;
  #steps = 0;

  constructor(clock: Clock, yieldToLoop: () => Promise<void>) {
    this.#clock = clock;
    this.#yieldToLoop = yieldToLoop;
    this.#pieceStartMs = clock.monotonicMs();
  }

  /** True when the piece is over: `await pause()` then. */
  get isDue(): boolean {
    this.#steps++;
    return this.#steps % STEPS_PER_LOOK === 0 && this.#clock.monotonicMs() - this.#pieceStartMs >= PIECE_MS;
  }

  async pause(): Promise<void> {
    await this.#yieldToLoop();
    this.#pieceStartMs = this.#clock.monotonicMs();
  }
}

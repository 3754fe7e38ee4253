import type { Clock } from '../core/clock.ts';

/** Wall time that runs away from monotonic time by more than this was set, not slewed. */
const STEP_MS = 1000;

interface Span {
  fromMs: number;
  toMs: number;
}

/** When the agent was watching, as far back as the longest window needs. */
export class WatchLog {
  readonly #clock: Clock;
  readonly #keepMs: number;
  #watched: Span[] = [];
  #lastWallMs = 0;
  #lastMonotonicMs = 0;

  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  /** Begins to watch, after whatever an earlier run had watched. */
  start(earlier: readonly (readonly [number, number])[]): void {
    this.#watched = earlier.map(([fromMs, toMs]) => ({ fromMs, toMs }));
    this.#lastWallMs = this.#clock.wallMs();
    this.#lastMonotonicMs = this.#clock.monotonicMs();
    this.#watched.push({ fromMs: this.#lastWallMs, toMs: this.#lastWallMs });
  }

  /** Brings the log up to now; a wall clock that was set leaves a gap. */
  advance(): void {
    const wallMs = this.#clock.wallMs();
    const monotonicMs = this.#clock.monotonicMs();
    const expectedMs = this.#lastWallMs + monotonicMs - this.#lastMonotonicMs;
    const current = this.#watched[this.#watched.length - 1];
    if (current === undefined) return;
    if (Math.abs(wallMs - expectedMs) > STEP_MS) {
      current.toMs = Math.max(current.toMs, expectedMs);
      this.#watched.push({ fromMs: wallMs, toMs: wallMs });
    } else {
      current.toMs = Math.max(current.toMs, wallMs);
    }
    this.#lastWallMs = wallMs;
    this.#lastMonotonicMs = monotonicMs;
    this.#watched = this.#watched.filter((span) => span.toMs >= wallMs - this.#keepMs);
  }

  /** Milliseconds watched in a window; spans that overlap (after a step back) count once. */
  watchedMs(fromMs: number, toMs: number): number {
    let reachedMs = fromMs;
    let totalMs = 0;
    for (const span of [...this.#watched].sort((a, b) => a.fromMs - b.fromMs)) {
      const startMs = Math.max(span.fromMs, reachedMs);
      const endMs = Math.min(span.toMs, toMs);
      if (endMs <= startMs) continue;
      totalMs += endMs - startMs;
      reachedMs = endMs;
    }
    return totalMs;
  }

  spans(): [number, number][] {
    return this.#watched.map(({ fromMs, toMs }) => [fromMs, toMs]);
  }
}

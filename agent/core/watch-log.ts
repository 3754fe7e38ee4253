import type { Clock } from './clock.ts';

/** Wall time that runs away from monotonic time by more than this was set, not slewed. */
const STEP_MS = 1000;

interface Span {
  fromMs: number;
  toMs: number;
}

/** When the agent was watching. */
export class WatchLog {
  readonly #clock: Clock;
  #watched: Span[] = [];
  #lastWallMs = 0;
  #lastMonotonicMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to watch, after whatever an earlier run had watched. */
  start(earlier: readonly (readonly [number, number])[]): void {
    this.#watched = earlier.map(([fromMs, toMs]) => ({ fromMs, toMs }));
    this.#begin(this.#clock.wallMs());
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
  }

  /** The clock was set back: what was watched later than now will be watched a second time. */
  rewind(): void {
    const wallMs = this.#clock.wallMs();
    this.#cut(wallMs, Number.POSITIVE_INFINITY);
    this.#begin(wallMs);
  }

  /** What was counted in this time is lost. */
  forget(fromMs: number, toMs: number): void {
    this.advance();
    this.#cut(fromMs, toMs);
    this.#begin(this.#clock.wallMs());
  }

  /** Slices older than this may be gone: a longer window of a later configuration must not count on them. */
  trim(oldestMs: number): void {
    this.#watched = this.#watched
      .filter((span) => span.toMs >= oldestMs)
      .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, oldestMs), toMs }));
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

  /** In the order in which they were watched. */
  spans(): [number, number][] {
    return this.#watched.map(({ fromMs, toMs }) => [fromMs, toMs]);
  }

  #begin(wallMs: number): void {
    this.#lastWallMs = wallMs;
    this.#lastMonotonicMs = this.#clock.monotonicMs();
    this.#watched.push({ fromMs: wallMs, toMs: wallMs });
  }

  #cut(fromMs: number, toMs: number): void {
    this.#watched = this.#watched.flatMap((span) => [
      ...(span.fromMs < fromMs ? [{ fromMs: span.fromMs, toMs: Math.min(span.toMs, fromMs) }] : []),
      ...(span.toMs > toMs ? [{ fromMs: Math.max(span.fromMs, toMs), toMs: span.toMs }] : []),
    ]);
  }
}

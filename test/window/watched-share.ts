type TimeRange = readonly [fromMs: number, toMs: number];

/** The share of a time that was watched; what overlaps counts once. */
export function watchedShare(watched: readonly TimeRange[], [fromMs, toMs]: TimeRange): number {
  let reachedMs = fromMs;
  let watchedMs = 0;
  for (const [startMs, stopMs] of [...watched].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(startMs, reachedMs);
    const stop = Math.min(stopMs, toMs);
    if (stop <= start) continue;
    watchedMs += stop - start;
    reachedMs = stop;
  }
  return watchedMs / (toMs - fromMs);
}

/** What windows may still need: a clock that is set back further finds the time before unwatched. */
export function watchedSince(watched: readonly TimeRange[], oldestMs: number): [number, number][] {
  return watched
    .filter(([, stopMs]) => stopMs >= oldestMs)
    .map(([startMs, stopMs]) => [Math.max(startMs, oldestMs), stopMs]);
}

import { matchLevels, type SliceMatch } from './level-match.ts';
import { levelsOf } from './load-levels.ts';
import type { Recording, SliceRecord } from './recording.ts';
import { wholeSample } from './statistics/sample.ts';

/** Two sizes are alike up to this factor. */
const ALIKE = 1.2;
/** How many more of the requests the concurrency must match before it is taken for the load. */
const CLEARLY_MORE = 0.1;

/** `rate`: clients send whatever the answers take (open loop); `concurrency`: each waits for its answer (closed loop). */
const LOADS = {
  rate: (slice: SliceRecord) => slice.weight,
  concurrency: (slice: SliceRecord) => slice.weightedNs,
} as const;

/** The slices of both sides that stand for like load. */
export interface LoadMatch extends SliceMatch {
  readonly load: keyof typeof LOADS;
}

/**
 * Finds slices of like load; undefined where there are too few. Where clients send at their own pace the rate is the
 * load, and the concurrency follows from the latency; where each waits for its answer it is the other way round: it is
 * enough that one of them is alike. Where neither is alike and steady, slices are matched by levels of it.
 */
export function matchLoad(baseline: Recording, candidate: Recording): LoadMatch | undefined {
  return (
    matchWholes('rate', baseline, candidate) ??
    matchWholes('concurrency', baseline, candidate) ??
    matchByLevels(baseline, candidate)
  );
}

/** Whether two sizes differ by 20 % at most. */
export function isAlike(one: number, other: number): boolean {
  return one <= other * ALIKE && other <= one * ALIKE;
}

function matchWholes(
  load: LoadMatch['load'],
  baseline: Recording,
  candidate: Recording,
): LoadMatch | undefined {
  const [of, by] = [levelsOf(baseline, LOADS[load]), levelsOf(candidate, LOADS[load])];
  if (!of.isSteady || !by.isSteady || !isAlike(of.mean, by.mean)) return undefined;
  const wholes = { baseline: wholeSample(baseline.slices), candidate: wholeSample(candidate.slices) };
  return { load, ...wholes, share: 1, sameMix: true };
}

function matchByLevels(baseline: Recording, candidate: Recording): LoadMatch | undefined {
  const [byRate, byConcurrency] = (['rate', 'concurrency'] as const).map((load) => {
    const [of, by] = [levelsOf(baseline, LOADS[load]), levelsOf(candidate, LOADS[load])];
    const match = matchLevels({ ...baseline, ...of }, { ...candidate, ...by }, ALIKE);
    return match && { load, ...match };
  });
  if (!byRate || !byConcurrency) return byRate ?? byConcurrency;
  return byConcurrency.share > byRate.share + CLEARLY_MORE ? byConcurrency : byRate;
}

import { type LoadLevels, levelsOf } from './load-levels.ts';
import type { Recording, SliceRecord } from './recording.ts';
import { type Sample, wholeSample } from './statistics/sample.ts';

/** Loads are alike up to this factor. */
const ALIKE = 1.2;
/** Fewer slices at one level of load say little about it. */
const MIN_LEVEL_SLICES = 10;
/** Fewer slices at like levels than this are too few to compare. */
const MIN_MATCHED_SLICES = 20;

/** The slices of both sides that stand for like load; undefined where there are too few. */
export interface LoadMatch {
  /** `rate`: clients ask whatever the answers take (open loop); `concurrency`: each waits for its answer (closed loop). */
  readonly load: 'rate' | 'concurrency';
  readonly baseline: Sample;
  readonly candidate: Sample;
  /** Of the successful requests of the side that lost more of them. */
  readonly share: number;
}

/** What one slice's load is, by either meaning; counts of chance are alike in both. */
const LOADS = {
  rate: (slice: SliceRecord) => slice.weight,
  concurrency: (slice: SliceRecord) => slice.weightedNs,
} as const;

/**
 * Finds slices of like load. Where clients send at their own pace the rate is the load, and the concurrency follows from
 * the latency; where each waits for its answer it is the other way round: it is enough that one of them is alike. Where
 * neither is alike and steady, slices are grouped by levels of it, and weighted so that both sides have the same mix.
 */
export function matchLoad(baseline: Recording, candidate: Recording): LoadMatch | undefined {
  const names = ['rate', 'concurrency'] as const;
  const levels = names.map(
    (name) => [levelsOf(baseline, LOADS[name]), levelsOf(candidate, LOADS[name])] as const,
  );
  for (const [index, name] of names.entries()) {
    const [of, by] = levels[index];
    if (of.steady && by.steady && isAlike(of.mean, by.mean)) {
      return {
        load: name,
        baseline: wholeSample(baseline.slices),
        candidate: wholeSample(candidate.slices),
        share: 1,
      };
    }
  }
  const matches = names.map((name, index) => {
    const [of, by] = levels[index];
    return matchLevels(
      name,
      { slices: baseline.slices, levels: of },
      { slices: candidate.slices, levels: by },
    );
  });
  const [byRate, byConcurrency] = matches;
  if (byRate === undefined || byConcurrency === undefined) return byRate ?? byConcurrency;
  return byConcurrency.share > byRate.share ? byConcurrency : byRate;
}

/** Whether two sizes differ by 20 % at most. */
export function isAlike(one: number, other: number): boolean {
  return one <= other * ALIKE && other <= one * ALIKE;
}

interface LevelledSlices {
  readonly slices: readonly SliceRecord[];
  readonly levels: LoadLevels;
}

/** Requests and slices of each level; element i is of level i. */
interface Tally {
  readonly slices: Float64Array;
  readonly requests: Float64Array;
}

function matchLevels(
  load: LoadMatch['load'],
  baseline: LevelledSlices,
  candidate: LevelledSlices,
): LoadMatch | undefined {
  const width = ALIKE + Math.max(baseline.levels.noise, candidate.levels.noise);
  const edges = levelEdges([...baseline.levels.smooth, ...candidate.levels.smooth], width);
  const [ofBaseline, ofCandidate] = [assign(baseline, edges), assign(candidate, edges)];
  const [tallyBaseline, tallyCandidate] = [
    tally(baseline.slices, ofBaseline, edges.length),
    tally(candidate.slices, ofCandidate, edges.length),
  ];
  const common = Float64Array.from(edges, (_, level) => {
    if (Math.min(tallyBaseline.slices[level], tallyCandidate.slices[level]) < MIN_LEVEL_SLICES) return 0;
    const [one, other] = [tallyBaseline.requests[level], tallyCandidate.requests[level]];
    return one > 0 && other > 0 ? (one * other) / (one + other) : 0;
  });
  const matched = {
    baseline: weigh(baseline.slices, ofBaseline, { common, tally: tallyBaseline }),
    candidate: weigh(candidate.slices, ofCandidate, { common, tally: tallyCandidate }),
  };
  const fewest = Math.min(matched.baseline.slices.length, matched.candidate.slices.length);
  if (fewest < MIN_MATCHED_SLICES) return undefined;
  const share = Math.min(sharedBy(tallyBaseline, common), sharedBy(tallyCandidate, common));
  return { load, ...matched, share };
}

/** Lower edges of levels, each spanning the factor `width`, from the least load up; idle slices have none. */
function levelEdges(loads: readonly number[], width: number): readonly number[] {
  const edges: number[] = [];
  for (const load of loads.filter((value) => value > 0).sort((a, b) => a - b)) {
    if (edges.length === 0 || load > edges[edges.length - 1] * width) edges.push(load);
  }
  return edges;
}

/** The level of each slice; −1 where it is idle. */
function assign({ levels }: LevelledSlices, edges: readonly number[]): Int32Array {
  return Int32Array.from(levels.smooth, (load) => edges.findLastIndex((edge) => edge <= load));
}

function tally(slices: readonly SliceRecord[], levels: Int32Array, count: number): Tally {
  const sums = { slices: new Float64Array(count), requests: new Float64Array(count) };
  for (let index = 0; index < slices.length; index++) {
    if (levels[index] < 0) continue;
    sums.slices[levels[index]]++;
    sums.requests[levels[index]] += slices[index].latency?.count ?? 0;
  }
  return sums;
}

/** The slices of common levels; each level counts what it counts on the other side. */
function weigh(
  slices: readonly SliceRecord[],
  levels: Int32Array,
  { common, tally: own }: { readonly common: Float64Array; readonly tally: Tally },
): Sample {
  const kept = Array.from(levels.keys()).filter((index) => levels[index] >= 0 && common[levels[index]] > 0);
  return {
    slices: kept.map((index) => slices[index]),
    strata: Int32Array.from(kept, (index) => levels[index]),
    weights: Float64Array.from(kept, (index) => common[levels[index]] / own.requests[levels[index]]),
  };
}

function sharedBy(own: Tally, common: Float64Array): number {
  const kept = own.requests.reduce((sum, requests, level) => sum + (common[level] > 0 ? requests : 0), 0);
  return kept / own.requests.reduce((sum, requests) => sum + requests, 0);
}

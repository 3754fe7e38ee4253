import type { LoadLevels } from './load-levels.ts';
import type { SliceRecord } from './recording.ts';
import type { Sample } from './statistics/sample.ts';

/** Fewer slices at one level of load say little about it. */
const MIN_LEVEL_SLICES = 10;
/** Fewer slices at like levels than this are too few to compare. */
const MIN_MATCHED_SLICES = 20;
/** Mixes are the same when no more than this share of the requests would have to be of another level. */
const SAME_MIX = 0.1;

/** Slices of both sides, weighted so that both have the same mix of levels. */
export interface SliceMatch {
  readonly baseline: Sample;
  readonly candidate: Sample;
  /** Of the successful requests, on the side that lost more of them. */
  readonly share: number;
  /** Whether both sides as a whole have about the same mix of levels. */
  readonly sameMix: boolean;
}

interface LevelledSlices extends Pick<LoadLevels, 'smooth' | 'noise'> {
  readonly slices: readonly SliceRecord[];
}

/** One side by level of load: the level of each slice (−1: idle), and slices and requests of each level. */
interface Tally {
  readonly levels: Int32Array;
  readonly slices: Float64Array;
  readonly requests: Float64Array;
  readonly total: number;
}

/**
 * Groups slices by levels of load, each spanning a factor of `width` and what chance does, and keeps the levels that
 * both sides have enough slices of; undefined where too few are left.
 */
export function matchLevels(
  baseline: LevelledSlices,
  candidate: LevelledSlices,
  width: number,
): SliceMatch | undefined {
  const factor = width + Math.max(baseline.noise, candidate.noise);
  const edges = levelEdges([...baseline.smooth, ...candidate.smooth], factor);
  const [of, by] = [tallyLevels(baseline, edges), tallyLevels(candidate, edges)];
  // A level's weight is that which makes the sum over levels most certain; it is the same for both sides.
  const weights = Float64Array.from(edges, (_, level) => {
    if (Math.min(of.slices[level], by.slices[level]) < MIN_LEVEL_SLICES) return 0;
    const [one, other] = [of.requests[level], by.requests[level]];
    return one > 0 && other > 0 ? (one * other) / (one + other) : 0;
  });
  const matched = {
    baseline: keepLevels(baseline.slices, of, weights),
    candidate: keepLevels(candidate.slices, by, weights),
  };
  if (Math.min(matched.baseline.slices.length, matched.candidate.slices.length) < MIN_MATCHED_SLICES) {
    return undefined;
  }
  const share = Math.min(keptShare(of, weights), keptShare(by, weights));
  return { ...matched, share, sameMix: mixDistance(of, by) <= SAME_MIX };
}

/** Lower edges of levels from the least load up; idle slices have none. */
function levelEdges(loads: readonly number[], factor: number): readonly number[] {
  const edges: number[] = [];
  for (const load of loads.filter((value) => value > 0).sort((a, b) => a - b)) {
    if (edges.length === 0 || load > edges[edges.length - 1] * factor) edges.push(load);
  }
  return edges;
}

function tallyLevels({ slices, smooth }: LevelledSlices, edges: readonly number[]): Tally {
  const levels = Int32Array.from(smooth, (load) => edges.findLastIndex((edge) => edge <= load));
  const sums = { slices: new Float64Array(edges.length), requests: new Float64Array(edges.length) };
  let total = 0;
  for (const [index, level] of levels.entries()) {
    const requests = slices[index].latency?.count ?? 0;
    total += requests;
    if (level < 0) continue;
    sums.slices[level]++;
    sums.requests[level] += requests;
  }
  return { levels, ...sums, total };
}

/** The slices of levels that have a weight, which their requests share. */
function keepLevels(slices: readonly SliceRecord[], tally: Tally, weights: Float64Array): Sample {
  const { levels, requests } = tally;
  const kept = Array.from(slices.keys()).filter((index) => levels[index] >= 0 && weights[levels[index]] > 0);
  return {
    slices: kept.map((index) => slices[index]),
    strata: Int32Array.from(kept, (index) => levels[index]),
    weights: Float64Array.from(kept, (index) => weights[levels[index]] / requests[levels[index]]),
  };
}

function keptShare({ requests, total }: Tally, weights: Float64Array): number {
  return requests.reduce((sum, count, level) => sum + (weights[level] > 0 ? count : 0), 0) / total;
}

function mixDistance(one: Tally, other: Tally): number {
  const apart = one.requests.map((count, level) =>
    Math.abs(count / one.total - other.requests[level] / other.total),
  );
  return apart.reduce((sum, difference) => sum + difference, 0) / 2;
}

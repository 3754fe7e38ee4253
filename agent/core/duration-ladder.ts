import { binEdgeNs, nearestEdge } from './duration-bins.ts';

/** One bound of a histogram that leaves the agent. */
export interface Rung {
  /** The tag `le`: the nominal bound in seconds, a fixed text. */
  readonly le: string;
  /** Bins below this one lie under the bound. */
  readonly endBin: number;
  /** The bound that holds exactly: the edge of a bin, within 0.8 % of the nominal one. */
  readonly upperSeconds: number;
}

export type BoundsPerOctave = 4 | 8;

const FIRST_NS = 125_000;
/** 0.125 ms · 2^20 = 131 s. */
const OCTAVES = 20;
const LE_DIGITS = 4;

/**
 * Bounds from 0.125 ms to 131 s, the same in every agent, so that histograms of a fleet add up. The nominal bounds,
 * powers of the 4th or 8th root of 2, are no edges of bins: each rung is the nearest edge, so that its count is exact.
 */
export function durationLadder(perOctave: BoundsPerOctave): readonly Rung[] {
  return Array.from({ length: OCTAVES * perOctave + 1 }, (_, step) => {
    const nominalNs = FIRST_NS * 2 ** (step / perOctave);
    const endBin = nearestEdge(nominalNs);
    return {
      le: String(Number((nominalNs / 1e9).toPrecision(LE_DIGITS))),
      endBin,
      upperSeconds: binEdgeNs(endBin) / 1e9,
    };
  });
}

/**
 * By how much a quantile read from the ladder can be too high, relative to the true one; it is never too low. Holds
 * from the first bound to the last.
 */
export function ladderError(ladder: readonly Rung[]): number {
  return Math.max(
    ...ladder.slice(1).map(({ upperSeconds }, below) => upperSeconds / ladder[below].upperSeconds - 1),
  );
}

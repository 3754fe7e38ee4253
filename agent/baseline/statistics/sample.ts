import type { BinnedValues, SliceRecord } from '../recording.ts';

/** The slices of one side that take part in a comparison, in the order of time. */
export interface Sample {
  readonly slices: readonly SliceRecord[];
  /** Of each slice: its level of load. */
  readonly strata: Int32Array;
  /** Of each slice: what a request of it counts, so that both sides have the same mix of levels. */
  readonly weights: Float64Array;
}

/** Reads one kind of values out of a slice; undefined where the slice has none. */
export type ValuesOf = (slice: SliceRecord) => BinnedValues | undefined;

/** All slices of a side as they are: one level, each request counts once. */
export function wholeSample(slices: readonly SliceRecord[]): Sample {
  return { slices, strata: new Int32Array(slices.length), weights: new Float64Array(slices.length).fill(1) };
}

/** The slices `from` … `to − 1`. */
export function partOf({ slices, strata, weights }: Sample, from: number, to: number): Sample {
  return {
    slices: slices.slice(from, to),
    strata: strata.subarray(from, to),
    weights: weights.subarray(from, to),
  };
}

/** One number of each slice. */
export function perSlice(sample: Sample, read: (slice: SliceRecord) => number): Float64Array {
  return Float64Array.from(sample.slices, read);
}

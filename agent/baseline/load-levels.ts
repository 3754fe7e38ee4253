import type { Recording, SliceRecord } from './recording.ts';

/** Loads are steady up to this factor, beyond what chance does. */
const STEADY = 1.2;
/** Requests that a smoothed load should rest on: counts of chance then vary by 5 %. */
const SMOOTHED_REQUESTS = 400;
const MIN_SMOOTHED_SLICES = 5;
const MAX_SMOOTHED_SHARE = 1 / 8;

/** How much was asked of a side, slice by slice. */
export interface LoadLevels {
  /** Per slice, mean over the recording. */
  readonly mean: number;
  /** Per slice, the mean over its neighbourhood. */
  readonly smooth: Float64Array;
  /** What chance makes of a smoothed load: twice its relative deviation. */
  readonly noise: number;
  /** Whether four fifths of the smoothed loads lie within a factor of 1.2 and chance. */
  readonly isSteady: boolean;
}

/** `loadOf` gives a slice's load, in any unit that is proportional to it. */
export function levelsOf({ slices, sliceMs }: Recording, loadOf: (slice: SliceRecord) => number): LoadLevels {
  const loads = Float64Array.from(slices, (slice) => loadOf(slice) / sliceMs);
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0) / slices.length;
  const width = smoothingWidth(slices.length, requests);
  const smooth = smoothed(loads, width);
  const noise = 2 / Math.sqrt(Math.max(1, requests * width));
  const sorted = smooth.toSorted();
  const [low, high] = [sorted[Math.floor(sorted.length * 0.1)], sorted[Math.ceil(sorted.length * 0.9) - 1]];
  return {
    mean: loads.reduce((sum, load) => sum + load, 0) / loads.length,
    smooth,
    noise,
    isSteady: high <= low * (STEADY + noise),
  };
}

function smoothingWidth(slices: number, requestsPerSlice: number): number {
  const wanted = Math.ceil(SMOOTHED_REQUESTS / Math.max(requestsPerSlice, 1e-9));
  const most = Math.max(MIN_SMOOTHED_SLICES, Math.floor(slices * MAX_SMOOTHED_SHARE));
  return Math.min(most, Math.max(MIN_SMOOTHED_SLICES, wanted));
}

/** Centred moving mean; shorter at the ends. */
function smoothed(values: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let index = 0; index < values.length; index++) sums[index + 1] = sums[index] + values[index];
  const half = Math.floor(width / 2);
  return values.map((_, index) => {
    const from = Math.max(0, index - half);
    const to = Math.min(values.length, index + half + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
}

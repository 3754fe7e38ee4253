import type { SeriesTags } from '../core/series-tags.ts';
import type { GpuRecord, Recording, SliceRecord } from './recording.ts';
import { decodeSlice } from './slice-bytes.ts';

/** A recording as it lies in memory: cheap to gather, and to hand to another thread. */
export interface RecordedRange {
  readonly series: SeriesTags;
  readonly fromMs: number;
  readonly toMs: number;
  readonly sliceMs: number;
  /** Numbers since the epoch of the slices that were watched, ascending. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** By slice, where its part of `bytes` ends; the first begins at 0, each other where the one before it ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names behind the ids of phases. */
  readonly phases: readonly string[];
  readonly gpu: readonly GpuRecord[];
}

/** What a thread is given, so that it need not be copied: V8 lets the memory of such arrays lie until it is 32 MB. */
export function buffersOf({ numbers, ends, bytes }: RecordedRange): ArrayBuffer[] {
  return [numbers.buffer, ends.buffer, bytes.buffer];
}

export function decodeRange(range: RecordedRange): Recording {
  const { series, fromMs, toMs, sliceMs, numbers, ends, bytes, phases, gpu } = range;
  const slices = Array.from(numbers, (number, index): SliceRecord => {
    const from = index === 0 ? 0 : ends[index - 1];
    const startMs = number * sliceMs;
    return ends[index] === from
      ? idleSlice(startMs)
      : decodeSlice(bytes.subarray(from, ends[index]), startMs, phases);
  });
  return { series, fromMs, toMs, sliceMs, slices, gpu };
}

/** Watched, and nobody asked anything. */
function idleSlice(startMs: number): SliceRecord {
  return { startMs, requests: 0, weight: 0, stated: 0, errors: 0, weightedNs: 0, phases: new Map() };
}

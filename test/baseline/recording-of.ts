import type { GpuRecord, Recording, SliceRecord } from '../../agent/baseline/recording.ts';
import { binned } from './binned.ts';
import { RESNET } from './sample-recording.ts';

/** The requests of one slice; what's left out is 0, or was not said. */
export interface SliceOf {
  readonly ms: readonly number[];
  readonly failed?: number;
  /** Requests for which each one stands. */
  readonly weight?: number;
  /** Whether the sender says which requests failed. */
  readonly isStated?: boolean;
  readonly phases?: Readonly<Record<string, readonly number[]>>;
  readonly batchSize?: number;
  readonly outputTokens?: number;
}

/** Ten requests of 10 to 19 ms. */
export const TEN: SliceOf = { ms: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19] };

/** A recording by hand: one entry a slice, and the GPU's windows. */
export function recordingOf(
  slices: readonly SliceOf[],
  variant = 'fp16',
  gpu: readonly GpuRecord[] = [],
): Recording {
  return {
    series: { ...RESNET, variant },
    fromMs: 0,
    toMs: slices.length * 1000,
    sliceMs: 1000,
    slices: slices.map(toSlice),
    gpu,
  };
}

/** A minute of the same second. */
export function minute(slice: SliceOf, variant = 'fp16', gpu: readonly GpuRecord[] = []): Recording {
  return recordingOf(new Array<SliceOf>(60).fill(slice), variant, gpu);
}

/** GPU windows of 10 s, each with these figures. */
export function windowsOf(figures: readonly Partial<GpuRecord>[]): readonly GpuRecord[] {
  return figures.map((record, index) => ({
    endMs: (index + 1) * 10_000,
    windowMs: 10_000,
    gpu: 'GPU-1',
    ...record,
  }));
}

function toSlice(slice: SliceOf, index: number): SliceRecord {
  const { ms, failed = 0, weight = 1, isStated = true, phases = {}, batchSize, outputTokens } = slice;
  const ns = ms.map((value) => value * 1e6);
  const repeated = (value: number | undefined) =>
    value === undefined || ns.length === 0 ? undefined : binned(ns.map(() => value));
  const [batches, tokens] = [repeated(batchSize), repeated(outputTokens)];
  const requests = ms.length + failed;
  return {
    startMs: index * 1000,
    requests,
    weight: requests * weight,
    stated: isStated ? requests : 0,
    errors: isStated ? failed : 0,
    weightedNs: ns.reduce((sum, value) => sum + value * weight, 0),
    ...(ns.length > 0 && { latency: binned(ns) }),
    phases: new Map(
      Object.entries(phases).map(([name, values]) => [name, binned(values.map((value) => value * 1e6))]),
    ),
    ...(batches && { batchSize: batches }),
    ...(tokens && { outputTokens: tokens }),
  };
}

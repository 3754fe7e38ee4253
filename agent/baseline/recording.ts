import type { SeriesTags } from '../core/series-tags.ts';

/**
 * The values of one kind in one slice, as the bins of core/duration-bins: durations in ns, or plain numbers (tokens,
 * batch items). Element i of `counts` is how many fell into `bins[i]`; bins ascend, counts are above 0.
 */
export interface BinnedValues {
  readonly bins: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
  /** Sum of the counts, above 0. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** What one series did in one slice that was watched. */
export interface SliceRecord {
  /** Unix ms, a multiple of the recording's `sliceMs`. */
  readonly startMs: number;
  /** Requests that completed in the slice, failures included; 0 is a fact. */
  readonly requests: number;
  /** Sum of their sampling weights: the requests that they stand for. */
  readonly weight: number;
  /** Requests whose sender states a status, and of them the failed. */
  readonly stated: number;
  readonly errors: number;
  /** Weight · duration, summed over all requests, ns: what concurrency follows from. */
  readonly weightedNs: number;
  /** Of the successful requests; absent without any. */
  readonly latency?: BinnedValues;
  /** By name of the phase, of the successful requests. */
  readonly phases: ReadonlyMap<string, BinnedValues>;
  /** Of the requests that gave them. */
  readonly batchSize?: BinnedValues;
  readonly inputTokens?: BinnedValues;
  readonly outputTokens?: BinnedValues;
}

/** What the requests of the series took of the GPUs in one final window: `inference_gpu`; windows do not overlap. */
export interface GpuRecord {
  readonly endMs: number;
  readonly windowMs: number;
  /** UUID, or `all` where requests ran on several. */
  readonly gpu: string;
  readonly energyActiveJoules?: number;
  /** Successful requests that the energy is of. */
  readonly requests?: number;
  readonly outputTokens?: number;
  readonly memoryUsedMaxBytes?: number;
  /** 1: nobody else was on the GPU. */
  readonly exclusiveRatio?: number;
  readonly tensorAnyRatio?: number;
  readonly tensorHmmaRatio?: number;
  readonly tensorImmaRatio?: number;
}

/** One operator (layer, kernel) of a profile, summed over `iterations` runs of the model. */
export interface OperatorRecord {
  readonly name: string;
  /** `cpu`, `cuda`, or empty where the profiler does not say. */
  readonly device: string;
  readonly calls: number;
  readonly totalNs: number;
  /** Without its children. */
  readonly selfNs: number;
}

export interface OperatorProfile {
  /** `torch`, `tensorrt`, `onnxruntime`. */
  readonly profiler: string;
  /** Runs of the model that the profile covers; 0: unknown. */
  readonly iterations: number;
  readonly operators: readonly OperatorRecord[];
}

/** Fewer slices say too little about how requests depend on those before them. */
export const MIN_SLICES = 40;

/**
 * What one series did over a range of time, in slices in the order of time: neighbours are alike, so that only the
 * order tells how many of the requests are independent of each other. A baseline is a recording that was kept.
 */
export interface Recording {
  readonly series: SeriesTags;
  readonly fromMs: number;
  readonly toMs: number;
  readonly sliceMs: number;
  /** Ascending, without overlap; a slice that was not watched is missing. */
  readonly slices: readonly SliceRecord[];
  /** Ascending. */
  readonly gpu: readonly GpuRecord[];
  readonly profile?: OperatorProfile;
}

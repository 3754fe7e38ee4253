/** What one GPU said at one moment, as far as the join with requests needs it. Times are the agent's, in Unix ms. */
export interface GpuSample {
  readonly uuid: string;
  readonly atMs: number;
  readonly memoryUsedBytes?: number;
  /** Host pids of its compute processes. Absent: unknown. */
  readonly processIds?: readonly number[];
  /** The GPU's counter since its driver was loaded, and when it was read: every 10 s or so. */
  readonly energy?: { readonly joules: number; readonly atMs: number };
  /** Power at some moments since the last sample, oldest first; arrays of one length. */
  readonly power?: { readonly atMs: Float64Array; readonly watts: Float64Array };
  /** Means over the time from `fromMs` to the sample. */
  readonly activity?: GpuActivity;
  /** Divided by MIG, so that its counters are not one model's. */
  readonly divided: boolean;
  readonly simulated: boolean;
}

export interface GpuActivity {
  readonly fromMs: number;
  readonly utilizationRatio?: number | undefined;
  readonly tensorAnyRatio?: number | undefined;
  readonly tensorHmmaRatio?: number | undefined;
  readonly tensorImmaRatio?: number | undefined;
}

/** Who wants to know what the GPUs said. */
export interface GpuSampleSink {
  /** Whether power samples are of use now: they are dear, and shape the energy of nobody while no requests come. */
  readonly wantsPower: boolean;
  /** All GPUs that answered; a GPU that is missing gave nothing. */
  record(samples: readonly GpuSample[]): void;
}

/** Which GPUs are those of the server beside us, and how we know; `uuids` is absent as long as we do not. */
export interface GpuOwnership {
  readonly uuids?: readonly string[];
  /** One sentence for the status and the page. */
  readonly reason: string;
}

import { grown } from '../core/growable.ts';
import { ACTIVITY } from './ledger-slice.ts';

/** Columns of a row: what one series took of one GPU in one slice. From `longer` on, one a window. */
export const Column = {
  /** `SeriesIdentity.id`, or `IDLE_SERIES`. */
  series: 0,
  /** Position in `JoinedSlice.gpus`, or `ALL_GPUS`. */
  gpu: 1,
  /** Busy slots. */
  busy: 2,
  /** Busy slots, each divided by the number of series busy in it. */
  share: 3,
  /** Slots in which nobody else was busy; NaN: unknown. */
  exclusive: 4,
  activeJoules: 5,
  idleJoules: 6,
  /** 1: some of its requests ran on several GPUs at once. */
  spread: 7,
  sampled: 8,
  tokens: 9,
  requests: 10,
  longer: 11,
} as const;

/** Stands for the time in which nobody was busy. */
export const IDLE_SERIES = 0;
/**
 * A row with what a series did on all its GPUs together: busy slots as a union, requests once each. Only where it ran
 * on several; the rows of one series follow each other, this one last.
 */
export const ALL_GPUS = -1;

/** What a GPU itself did in a slice. */
export interface GpuFacts {
  readonly uuid: string;
  /** The time in which requests and GPU were both watched. */
  readonly coveredMs: number;
  /** Whether its energy in the whole slice is known. */
  readonly hasEnergy: boolean;
  readonly simulated: boolean;
  /** NaN: unknown. */
  readonly memoryUsedMaxBytes: number;
  /** By `ACTIVITY`, as in `LedgerSlice`. */
  readonly activityMs: readonly number[];
  readonly activityKnownMs: readonly number[];
}

/** A slice that takes nothing more: who was busy in it and what that took. */
export interface JoinedSlice {
  readonly index: number;
  readonly gpus: readonly GpuFacts[];
  /** Rows of `width` numbers. */
  readonly rows: Float64Array;
  readonly width: number;
  /** Since the last capture of a checkpoint. */
  changed: boolean;
}

/** Of a GPU that said nothing. */
export function unknownGpu(uuid: string): GpuFacts {
  return {
    uuid,
    coveredMs: 0,
    hasEnergy: false,
    simulated: false,
    memoryUsedMaxBytes: Number.NaN,
    activityMs: ACTIVITY.map(() => 0),
    activityKnownMs: ACTIVITY.map(() => 0),
  };
}

/** Rows of a slice while they are written. */
export class JoinedRows {
  readonly width: number;
  #values: Float64Array;
  #rows = 0;

  constructor(windows: number) {
    this.width = Column.longer + windows;
    this.#values = new Float64Array(this.width * 4);
  }

  /** The row's number; all else in it is 0. */
  add(series: number, gpu: number): number {
    if ((this.#rows + 1) * this.width > this.#values.length)
      this.#values = grown(this.#values, (this.#rows + 1) * this.width);
    this.set(this.#rows, Column.series, series);
    this.set(this.#rows, Column.gpu, gpu);
    return this.#rows++;
  }

  set(row: number, column: number, value: number): void {
    this.#values[row * this.width + column] = value;
  }

  take(): Float64Array {
    return this.#values.slice(0, this.#rows * this.width);
  }
}

import type { WindowLength } from '../core/window-length.ts';
import type { WorkPacer } from '../core/work-pacer.ts';
import { ALL_GPUS, Column, type GpuFacts, type JoinedSlice } from './joined-slice.ts';
import { ACTIVITY } from './ledger-slice.ts';

/** A window to be emitted: `slices` are those of its slices of which anything is known. */
export interface JoinedWindow {
  readonly length: WindowLength;
  /** Number of slices before its end. */
  readonly end: number;
  readonly slices: readonly JoinedSlice[];
}

/** What one series took in a window: sums of `Column`. */
export interface SeriesSums {
  readonly series: number;
  /** By uuid. */
  readonly places: ReadonlyMap<string, Float64Array>;
  /** On all GPUs together. */
  readonly whole: Float64Array;
}

/** What a GPU did in a window, whoever used it. */
export interface GpuSums {
  coveredMs: number;
  /** Slices in which its energy is known. */
  energySlices: number;
  simulated: boolean;
  memoryUsedMaxBytes: number;
  readonly activityMs: Float64Array;
  readonly activityKnownMs: Float64Array;
}

/** The sums of a window by series, those of one that was busy nowhere in it among them; in pieces. */
export async function sumSeries({ slices }: JoinedWindow, pacer: WorkPacer): Promise<SeriesSums[]> {
  const sums = new Map<number, OpenSums>();
  for (const slice of slices) {
    for (let base = 0; base < slice.rows.length; base += slice.width) {
      addSliceRow(sums, slice, base);
      if (pacer.isDue) await pacer.pause();
    }
  }
  return [...sums.values()];
}

interface OpenSums extends SeriesSums {
  readonly places: Map<string, Float64Array>;
}

function addSliceRow(sums: Map<number, OpenSums>, { rows, width, gpus }: JoinedSlice, base: number): void {
  const series = rows[base + Column.series];
  const gpu = rows[base + Column.gpu];
  const known = sums.get(series) ?? { series, places: new Map(), whole: new Float64Array(width) };
  sums.set(series, known);
  if (gpu === ALL_GPUS || isAlone(rows, base, width)) addRow(known.whole, rows, base);
  if (gpu === ALL_GPUS) return;
  const { uuid } = gpus[gpu];
  const place = known.places.get(uuid) ?? new Float64Array(width);
  known.places.set(uuid, place);
  addRow(place, rows, base);
}

export function sumGpus({ slices }: JoinedWindow): Map<string, GpuSums> {
  const sums = new Map<string, GpuSums>();
  for (const { gpus } of slices) {
    for (const facts of gpus) {
      const known = sums.get(facts.uuid) ?? emptySums();
      sums.set(facts.uuid, known);
      addFacts(known, facts);
    }
  }
  return sums;
}

/** Whether the series ran on one GPU only in this slice: its rows follow each other. */
function isAlone(rows: Float64Array, base: number, width: number): boolean {
  const series = rows[base + Column.series];
  return rows[base - width + Column.series] !== series && rows[base + width + Column.series] !== series;
}

function addRow(sums: Float64Array, rows: Float64Array, base: number): void {
  for (let column = Column.busy; column < sums.length; column++) sums[column] += rows[base + column];
}

function emptySums(): GpuSums {
  return {
    coveredMs: 0,
    energySlices: 0,
    simulated: false,
    memoryUsedMaxBytes: Number.NaN,
    activityMs: new Float64Array(ACTIVITY.length),
    activityKnownMs: new Float64Array(ACTIVITY.length),
  };
}

function addFacts(sums: GpuSums, facts: GpuFacts): void {
  sums.coveredMs += facts.coveredMs;
  if (facts.hasEnergy) sums.energySlices++;
  if (facts.simulated) sums.simulated = true;
  if (!(sums.memoryUsedMaxBytes >= facts.memoryUsedMaxBytes) && facts.memoryUsedMaxBytes >= 0)
    sums.memoryUsedMaxBytes = facts.memoryUsedMaxBytes;
  for (let i = 0; i < ACTIVITY.length; i++) {
    sums.activityMs[i] += facts.activityMs[i];
    sums.activityKnownMs[i] += facts.activityKnownMs[i];
  }
}

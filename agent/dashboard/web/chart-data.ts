import type { PointRow } from './api-answers.ts';
import { readNumber } from './comparison.ts';

/** A value at a time; null where the line breaks, undefined where this series has nothing to say. */
type ChartValue = number | null | undefined;

/** Series on one time axis, as uPlot takes them. */
export interface AlignedSeries {
  /** Unix seconds, ascending. */
  readonly times: readonly number[];
  readonly values: readonly (readonly ChartValue[])[];
}

/** A stretch of time to be marked, Unix seconds. */
export interface TimeBand {
  readonly from: number;
  readonly to: number;
}

/** Puts one field of several series on one axis; a line breaks where rows are missing for more than two `stepMs`. */
export function alignSeries(
  series: readonly (readonly PointRow[])[],
  field: string,
  stepMs: number,
): AlignedSeries {
  const columns = series.map((rows) => readColumn(rows, field, stepMs * 2.5));
  const times = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  return {
    times: times.map((time) => time / 1000),
    values: columns.map((column) => times.map((time) => column.get(time))),
  };
}

/** The same series laid on top of each other: element i is the sum of the first i + 1. Missing counts as nothing. */
export function stackSeries({ times, values }: AlignedSeries): AlignedSeries {
  const sums = times.map(() => 0);
  const broken = times.map((_time, index) => values.every((column) => typeof column[index] !== 'number'));
  const stacked = values.map((column) =>
    column.map((value, index) => {
      sums[index] += value ?? 0;
      return broken[index] ? null : sums[index];
    }),
  );
  return { times, values: stacked };
}

/** Where the agent watched a part of the windows only. */
export function partlyWatched(series: readonly (readonly PointRow[])[], stepMs: number): readonly TimeBand[] {
  const partly = series
    .flat()
    .filter((row) => (readNumber(row, 'coverage_ratio') ?? 1) < 0.995)
    .map((row) => row.time)
    .sort((a, b) => a - b);
  const bands: { from: number; to: number }[] = [];
  for (const time of partly) {
    const last = bands.at(-1);
    const from = (time - stepMs) / 1000;
    if (last !== undefined && from <= last.to) last.to = time / 1000;
    else bands.push({ from, to: time / 1000 });
  }
  return bands;
}

function readColumn(rows: readonly PointRow[], field: string, maxGapMs: number): Map<number, ChartValue> {
  const column = new Map<number, ChartValue>();
  let previousMs = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.time - previousMs > maxGapMs) column.set(previousMs + 1, null);
    column.set(row.time, readNumber(row, field) ?? null);
    previousMs = row.time;
  }
  return column;
}

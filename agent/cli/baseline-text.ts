import type { KeptBaseline } from '../baseline/baseline-store.ts';
import { type BaselineSummary, summarize } from '../baseline/baseline-summary.ts';
import { describeSide } from '../baseline/compared-side.ts';
import type { ComparedSide } from '../baseline/comparison.ts';
import { percent } from '../baseline/figure-text.ts';
import type { Recording } from '../baseline/recording.ts';
import { seriesLabel } from '../baseline/series-selector.ts';
import { poolValues, valueAt } from '../baseline/statistics/pooled-values.ts';
import { type ValuesOf, wholeSample } from '../baseline/statistics/sample.ts';
import { asColumns } from './text-columns.ts';
import { formatSeconds } from './text-seconds.ts';

/** A distribution in five numbers. */
interface DurationFigures {
  readonly count: number;
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  /** Absent below 100 values. */
  readonly p99Seconds?: number;
}

/** What is in a recording, for programs. */
interface RecordingFigures extends BaselineSummary, ComparedSide {
  readonly latency?: DurationFigures;
  readonly phases: Readonly<Record<string, DurationFigures>>;
}

export function recordingFigures(recording: Recording): RecordingFigures {
  const names = new Set(recording.slices.flatMap(({ phases }) => [...phases.keys()]));
  const phases = [...names].sort().map((name) => [name, figuresOf(recording, (s) => s.phases.get(name))]);
  const latency = figuresOf(recording, (slice) => slice.latency);
  return {
    ...summarize(recording),
    ...describeSide(recording),
    ...(latency && { latency }),
    phases: Object.fromEntries(phases) as Record<string, DurationFigures>,
  };
}

/** The same for people. */
export function recordingText(recording: Recording): string {
  const figures = recordingFigures(recording);
  const { requests, errorRatio, slices, sliceMs, gpuWindows, operators } = figures;
  const errors = errorRatio === undefined ? 'errors unknown' : `${percent(errorRatio)} errors`;
  const watched = `${requests.toLocaleString('en')} requests in ${(slices * sliceMs) / 1000} s watched`;
  const lines = [
    seriesLabel(figures.series),
    `${timeText(figures.fromMs)} to ${timeText(figures.toMs)}: ${watched}, ${errors}`,
    `${Number(figures.requestRate.toPrecision(3))} a second, ${Number(figures.concurrencyMean.toPrecision(3))} at a time`,
    ...(gpuWindows > 0 ? [`${gpuWindows} windows with GPU figures`] : []),
    ...(operators > 0 ? [`a profile of ${operators} operators`] : []),
    '',
    ...durationTable(figures),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Latency and phases; empty where there were no requests. */
export function durationTable({ latency, phases }: Pick<RecordingFigures, 'latency' | 'phases'>): string[] {
  if (latency === undefined) return [];
  const rows = [['latency', latency] as const, ...Object.entries(phases)].map(rowOf);
  return asColumns([['', 'mean', 'p50', 'p95', 'p99'], ...rows]);
}

/** A row a baseline. */
export function baselineRows(baselines: readonly KeptBaseline[]): string[] {
  const width = Math.max('name'.length, ...baselines.map(({ name }) => name.length));
  const rows = baselines.map(({ name, series, fromMs, slices, sliceMs, requests, savedMs }) => [
    `${name.padEnd(width)}  ${seriesLabel(series)}`,
    timeText(fromMs),
    `${(slices * sliceMs) / 1000} s`,
    requests.toLocaleString('en'),
    timeText(savedMs),
  ]);
  return asColumns([[`${'name'.padEnd(width)}  series`, 'begins', 'watched', 'requests', 'saved'], ...rows]);
}

function figuresOf(recording: Recording, valuesOf: ValuesOf): DurationFigures | undefined {
  const pooled = poolValues(wholeSample(recording.slices), valuesOf);
  if (pooled === undefined) return undefined;
  const sum = recording.slices.reduce((total, slice) => total + (valuesOf(slice)?.sum ?? 0), 0);
  const seconds = (p: number): number => valueAt(pooled, p) / 1e9;
  return {
    count: pooled.total,
    meanSeconds: sum / pooled.total / 1e9,
    p50Seconds: seconds(0.5),
    p95Seconds: seconds(0.95),
    ...(pooled.total >= 100 && { p99Seconds: seconds(0.99) }),
  };
}

function rowOf([name, { meanSeconds, p50Seconds, p95Seconds, p99Seconds }]: readonly [
  string,
  DurationFigures,
]): string[] {
  return [name, ...[meanSeconds, p50Seconds, p95Seconds, p99Seconds].map(formatSeconds)];
}

/** To the second, in UTC: recordings are compared across machines. */
function timeText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

import type { BinnedValues, Recording } from '../baseline/recording.ts';
import { ValueBins } from './value-bins.ts';

/** A distribution in five numbers; percentiles only where there are enough requests to tell them. */
export interface DurationFigures {
  readonly requests: number;
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  /** Absent below 100 requests. */
  readonly p99Seconds?: number;
}

export interface RecordingFigures {
  readonly requests: number;
  readonly seconds: number;
  /** Absent without requests. */
  readonly latency?: DurationFigures;
  readonly phases: Readonly<Record<string, DurationFigures>>;
}

/** Over the whole recording. */
export function figuresOf({ slices, fromMs, toMs }: Recording): RecordingFigures {
  const latency = figuresOfValues(slices.map((slice) => slice.latency));
  const names = [...new Set(slices.flatMap(({ phases }) => [...phases.keys()]))];
  const phases = names.map((name) => [name, figuresOfValues(slices.map((slice) => slice.phases.get(name)))]);
  return {
    requests: slices.reduce((sum, { requests }) => sum + requests, 0),
    seconds: (toMs - fromMs) / 1000,
    ...(latency !== undefined && { latency }),
    phases: Object.fromEntries(phases) as Record<string, DurationFigures>,
  };
}

function figuresOfValues(parts: readonly (BinnedValues | undefined)[]): DurationFigures | undefined {
  const values = new ValueBins();
  for (const part of parts) if (part !== undefined) values.merge(part);
  if (values.count === 0) return undefined;
  const seconds = (p: number): number => values.quantile(p) / 1e9;
  return {
    requests: values.count,
    meanSeconds: values.sum / values.count / 1e9,
    p50Seconds: seconds(0.5),
    p95Seconds: seconds(0.95),
    ...(values.count >= 100 && { p99Seconds: seconds(0.99) }),
  };
}

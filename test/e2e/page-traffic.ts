import { type Point, PointSeries } from '../../agent/core/point.ts';
import type { SeriesSummary } from '../../agent/core/status.ts';

/** A variant whose requests are all alike, but for a slow wave that makes the charts worth looking at. */
export interface TrafficVariant {
  readonly variant: string;
  readonly p50Seconds: number;
  readonly rate: number;
  readonly errorRatio?: number;
  /** Without the wave: every window as given. */
  readonly steady?: boolean;
  /** Mean seconds by phase. */
  readonly phases: Readonly<Record<string, number>>;
}

export const FP32: TrafficVariant = {
  variant: 'fp32',
  p50Seconds: 0.0214,
  rate: 41.8,
  errorRatio: 0.0012,
  phases: { queue: 0.0021, preprocess: 0.0032, inference: 0.0158, postprocess: 0.0009 },
};

export const INT8: TrafficVariant = {
  variant: 'int8',
  p50Seconds: 0.0107,
  rate: 42.3,
  errorRatio: 0.0015,
  phases: { queue: 0.0008, preprocess: 0.0031, inference: 0.0064, postprocess: 0.0009 },
};

const MODEL = 'resnet50';

/** The points of one window's end, as a flush would publish them. */
export function createWindow(
  variants: readonly TrafficVariant[],
  window: string,
  endMs: number,
  coverage = 1,
): Point[] {
  return variants.flatMap((traffic) => [
    createRequests(traffic, window, endMs, coverage),
    ...createPhases(traffic, window, endMs, coverage),
  ]);
}

export function summarize(variants: readonly TrafficVariant[], nowMs: number): SeriesSummary[] {
  return variants.map(({ variant, phases }) => ({
    tags: { model: MODEL, variant, version: '', operation: '', server: '', labels: {} },
    phases: Object.keys(phases),
    lastSeenMs: nowMs,
  }));
}

function createRequests(traffic: TrafficVariant, window: string, endMs: number, coverage: number): Point {
  const { variant, p50Seconds, rate, errorRatio = 0 } = traffic;
  const requests = Math.round(rate * windowSeconds(window) * coverage);
  const swell = waveAt(endMs, traffic);
  const p50 = p50Seconds * swell;
  return {
    series: createSeries('inference', variant, { window }),
    timestampMs: endMs,
    fields: {
      requests,
      requests_estimated: requests,
      request_rate: rate * (2 - swell),
      errors: Math.round(requests * errorRatio),
      error_ratio: errorRatio * swell ** 8,
      latency_mean_seconds: p50 * 1.07,
      latency_p50_seconds: p50,
      latency_p95_seconds: p50 * 1.62 * swell,
      ...(requests >= 100 ? { latency_p99_seconds: p50 * 2.4 * swell ** 3 } : {}),
      concurrency_mean: p50 * 1.07 * rate,
      coverage_ratio: coverage,
    },
  };
}

function createPhases(traffic: TrafficVariant, window: string, endMs: number, coverage: number): Point[] {
  const swell = waveAt(endMs, traffic);
  return Object.entries(traffic.phases).map(([phase, seconds]) => ({
    series: createSeries('inference_phase', traffic.variant, { window, phase }),
    timestampMs: endMs,
    fields: { requests: 100, seconds_mean: seconds * swell, coverage_ratio: coverage },
  }));
}

function createSeries<M extends 'inference' | 'inference_phase'>(
  measurement: M,
  variant: string,
  tags: Readonly<Record<string, string>>,
): PointSeries<M> {
  return new PointSeries(measurement, { model: MODEL, variant, host: 'node-1', instance: 'pod-7', ...tags });
}

/** Around 1: no chance is involved, so that every run looks the same. */
function waveAt(timeMs: number, { variant, steady = false }: TrafficVariant): number {
  if (steady) return 1;
  const minutes = timeMs / 60_000 + variant.length + variant.charCodeAt(0);
  return (
    1 + 0.04 * Math.sin(minutes * 0.9) + 0.03 * Math.sin(minutes * 7.3) + 0.02 * Math.sin(minutes * 23.1)
  );
}

function windowSeconds(window: string): number {
  return window.endsWith('m') ? Number.parseInt(window, 10) * 60 : Number.parseInt(window, 10);
}

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
  /** Joules a request, where it runs on a GPU. */
  readonly energyJoules?: number;
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
    ...createGpuUse(traffic, window, endMs),
  ]);
}

/** What a GPU says at one moment, as two readings: what it does, and what its pipes did since the last one. */
export function createGpuPoints(timestampMs: number, index = 0): Point[] {
  const tags = { index: String(index), uuid: `GPU-${index}`, name: 'NVIDIA H100 80GB HBM3', host: 'node-1' };
  const swell = 0.5 + 0.5 * Math.sin(timestampMs / 47_000 + index);
  const smi = {
    utilization_gpu: Math.round(60 + 35 * swell),
    memory_used: 21_400 + 900 * index,
    power_draw: 320 + 330 * swell,
  };
  const activity = {
    sm_active_ratio: 0.5 + 0.4 * swell,
    tensor_hmma_active_ratio: 0.21 * swell,
    tensor_imma_active_ratio: 0.34 * swell,
    tensor_dfma_active_ratio: 0,
    dram_active_ratio: 0.18 + 0.05 * swell,
  };
  return [
    { series: new PointSeries('nvidia_smi', tags), timestampMs, fields: smi },
    { series: new PointSeries('gpu_activity', tags), timestampMs, fields: activity },
  ];
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

function createGpuUse({ variant, energyJoules }: TrafficVariant, window: string, endMs: number): Point[] {
  if (energyJoules === undefined) return [];
  const fields = {
    gpu_share_ratio: 0.4,
    exclusive_ratio: 0.61,
    energy_per_request_joules: energyJoules,
    memory_used_max_bytes: 21_400 * 2 ** 20,
    tensor_hmma_ratio: 0.11,
    tensor_imma_ratio: 0.17,
    coverage_ratio: 1,
  };
  return [
    { series: createSeries('inference_gpu', variant, { window, gpu: 'GPU-0' }), timestampMs: endMs, fields },
  ];
}

function createSeries<M extends 'inference' | 'inference_phase' | 'inference_gpu'>(
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

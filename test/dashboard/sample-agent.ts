import { type Point, PointSeries } from '../../agent/core/point.ts';
import type { AgentStatus } from '../../agent/core/status.ts';

/** The status of an agent that runs well and has no GPU. */
export function createStatus(overrides: Partial<AgentStatus> = {}): AgentStatus {
  return {
    version: '0.1.0',
    instance: 'pod-7',
    host: 'node-1',
    startedMs: 1_800_000_000_000,
    nowMs: 1_800_000_000_000,
    intervalMs: 10_000,
    windows: ['10s', '1m', '5m'],
    latenessMs: 30_000,
    listen: { grpc: '127.0.0.1:4317', http: '127.0.0.1:9865' },
    degraded: [],
    sources: [],
    operators: {
      source: 'operator_report',
      profiles: 0,
      received: 0,
      accepted: 0,
      duplicate: 0,
      rejected: {},
      malformed: 0,
    },
    ingest: { refused: {}, receivingBytes: 0, maxReceivingBytes: 1, waiting: 0, hurried: 0 },
    window: { series: 2, maxSeries: 2000, overflowedSpans: 0, unwatchedMs: 0, flushMs: 3 },
    exporters: [],
    samplers: [],
    gpu: {
      source: 'none',
      reason: 'no GPU reader configured',
      devices: [],
      lost: [],
      ownReason: '',
      notes: [],
      restarts: 0,
    },
    baseline: {
      followed: 2,
      maxFollowed: 64,
      unfollowed: 0,
      bytes: 50_000,
      maxBytes: 33_554_432,
      keepMs: 900_000,
      droppedSlices: 0,
      lateSpans: 0,
      baselines: 1,
      baselineBytes: 100_000,
      comparisons: 2,
      comparisonsWaiting: 0,
    },
    history: false,
    ...overrides,
  };
}

/** One window of one variant of the model `resnet50`. */
export function createPoint(
  timestampMs: number,
  tags: Readonly<Record<string, string>> = {},
  fields: Readonly<Record<string, number>> = { requests: 600, latency_p50_seconds: 0.02 },
): Point {
  const series = new PointSeries('inference', {
    model: 'resnet50',
    variant: 'fp32',
    window: '10s',
    instance: 'pod-7',
    ...tags,
  });
  return { series, fields, timestampMs };
}

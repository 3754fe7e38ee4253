import type { AgentStatus } from '../../agent/core/status.ts';

/** A status as of an agent that has seen some trouble. */
export const fixedStatus: AgentStatus = {
  version: '1.2.3',
  instance: 'pod-0',
  host: 'node-1',
  startedMs: 1_800_000_000_000,
  nowMs: 1_800_000_600_000,
  intervalMs: 10_000,
  windows: ['10s', '1m', '5m'],
  latenessMs: 30_000,
  listen: {},
  degraded: [{ component: 'exporter:influxdb', reason: 'status 401', sinceMs: 1_800_000_300_000 }],
  sources: [
    {
      source: 'report',
      received: 10,
      accepted: 6,
      duplicate: 1,
      rejected: { too_late: 2, missing_model: 1 },
      malformed: 3,
      clientDropped: 4,
    },
  ],
  window: { series: 5, maxSeries: 2000, overflowedSpans: 7, unwatchedMs: 1500, flushMs: 12 },
  exporters: [
    {
      name: 'influxdb',
      durable: true,
      state: 'holding',
      reason: 'status 401',
      exports: 20,
      exportsFailed: 2,
      pointsExported: 1000,
      pointsRejected: 3,
      pointsDropped: 4,
      waitingPoints: 50,
      waitingMs: 2500,
      exportMs: 15,
    },
  ],
  outbox: { bytes: 4096, maxBytes: 1_000_000, points: 50, oldestMs: 2500, remainingSeconds: 3600 },
  samplers: [{ name: 'host', ok: false, reason: 'no /proc', pollMs: 8 }],
  gpu: { source: 'none', reason: 'no GPU reader configured' },
  history: false,
};

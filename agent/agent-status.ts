import type { AgentParts } from './assemble.ts';
import type { Config } from './config/config.ts';
import { formatDuration } from './config/duration.ts';
import type { Identity } from './config/identity.ts';
import type { Degradation } from './core/health.ts';
import type { AgentStatus } from './core/status.ts';

interface Moment {
  readonly config: Config;
  readonly identity: Identity;
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly degraded: readonly Degradation[];
}

/** What a user asks first when something looks wrong, gathered from all parts. */
export function agentStatus(parts: AgentParts, moment: Moment): AgentStatus {
  const { config, identity } = moment;
  const { aggregator, intake, delivery, samplers } = parts;
  const outbox = delivery.outboxStatus();
  return {
    version: moment.version,
    instance: identity.instance,
    host: identity.host,
    startedMs: moment.startedMs,
    nowMs: moment.nowMs,
    intervalMs: config.intervalMs,
    windows: config.windowsMs.map(formatDuration),
    latenessMs: config.latenessMs,
    listen: moment.addresses,
    degraded: moment.degraded,
    sources: intake.counts(),
    window: aggregator.status(),
    exporters: delivery.exporterStatus(),
    ...(outbox && { outbox }),
    samplers: samplers.map((sampler) => sampler.status()),
    gpu: {
      source: 'none',
      reason: 'no GPU reader configured',
      devices: [],
      lost: [],
      ownReason: '',
      notes: [],
      restarts: 0,
    },
    history: config.exporters.local !== undefined,
  };
}

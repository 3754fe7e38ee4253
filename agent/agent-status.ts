import type { AgentParts } from './assemble.ts';
import { NO_GPU } from './assemble-gpu.ts';
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
  const { aggregator, intake, otlpIntake, operatorIntake, delivery, samplers } = parts;
  const { spanServer, refusals } = parts;
  const outbox = delivery.outboxStatus();
  const gpu = parts.gpu?.sampler.status() ?? NO_GPU;
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
    sources: [...intake.counts(), ...otlpIntake.counts()],
    operators: operatorIntake.counts(),
    ingest: { refused: refusals.counts(), ...spanServer.receiving(), ...otlpIntake.waiting() },
    ...(parts.forwarder && { forward: parts.forwarder.status() }),
    window: aggregator.status(),
    exporters: delivery.exporterStatus(),
    ...(outbox && { outbox }),
    samplers: samplers
      .filter((sampler) => sampler !== parts.gpu?.loop || gpu.source !== 'none')
      .map((sampler) => sampler.status()),
    gpu: parts.gpu === undefined ? gpu : { ...gpu, joinLosses: parts.gpu.join.losses() },
    baseline: parts.baseline.keeper.status(),
    history: config.exporters.local !== undefined,
  };
}

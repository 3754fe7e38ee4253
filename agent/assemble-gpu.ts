import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import type { Component } from './core/component.ts';
import type { HealthSource } from './core/health.ts';
import type { Tags } from './core/point.ts';
import type { SeriesTags } from './core/series-tags.ts';
import type { SpanSink } from './core/span-sink.ts';
import type { GpuStatus } from './core/status.ts';
import { SamplerLoop } from './flush/sampler-loop.ts';
import { GpuSampler } from './gpu/gpu-sampler.ts';
import { PodGpuFinder } from './gpu/kubelet/pod-gpu-finder.ts';
import { listPodResources } from './gpu/kubelet/pod-resources-client.ts';
import { SourceChoice } from './gpu/source-choice.ts';
import { NamePattern } from './ingest/otlp/name-pattern.ts';
import { GpuAttribution } from './join/gpu-attribution.ts';
import { GpuJoin } from './join/gpu-join.ts';
import type { TensorKind } from './join/join-state.ts';

/** What reads the GPUs, and joins them with requests. */
export interface GpuParts {
  readonly sampler: GpuSampler;
  readonly loop: SamplerLoop;
  readonly join: GpuJoin;
  /** Beside the loop. */
  readonly components: readonly Component[];
  readonly health: readonly HealthSource[];
}

/** What the join works on. */
export interface JoinSources {
  readonly windows: SpanSink;
  /** Of the watched process, as /proc counts. */
  readonly watchedPids: () => readonly number[];
}

/** Undefined: `gpu.source` is none. */
export function assembleGpu(
  config: Config,
  edge: AgentEdge,
  tags: Tags,
  { windows, watchedPids }: JoinSources,
): GpuParts | undefined {
  const { source, devices, intervalMs: tickMs } = config.gpu;
  if (source === 'none') return undefined;
  const { clock, log, random, hasNvidiaDriver } = edge;
  const podGpus = createPodGpuFinder(config, edge);
  const finders = podGpus ? [podGpus] : [];
  const attribution = new GpuAttribution({
    devices: devices ?? 'auto',
    ...(podGpus && { ofPod: () => podGpus.ownership() }),
    ...(config.watch && { watchedPids }),
  });
  const { intervalMs, windowsMs, latenessMs, limits } = config;
  const joinOptions = {
    intervalMs,
    windowsMs,
    latenessMs,
    maxSeries: limits.series,
    tickMs,
    expectTensor: tensorExpectation(config.match),
  };
  const join = new GpuJoin(joinOptions, tags, { windows, attribution }, edge);
  const reader = new SourceChoice({ source, devices, hasDriver: hasNvidiaDriver, clock, log });
  const parts = { choice: reader, clock, log, random, sink: join, ownership: () => attribution.ownership() };
  const sampler = new GpuSampler({ ...config.gpu, tags }, parts);
  return {
    sampler,
    loop: new SamplerLoop(sampler, clock, log),
    join,
    components: [reader, ...finders],
    health: [sampler, ...finders],
  };
}

function createPodGpuFinder({ gpu }: Config, { identity, ...edge }: AgentEdge): PodGpuFinder | undefined {
  const { podResources: socketPath } = gpu;
  if (socketPath === undefined) return undefined;
  return new PodGpuFinder(
    { socketPath, ...(identity.pod && { pod: identity.pod }) },
    { ...edge, list: listPodResources },
  );
}

/**
 * The first entry that names tensor cores and the series: by the model's name as it is stored, and the variant; an entry
 * with a service alone is meant for all that came by OTLP.
 */
export function tensorExpectation(match: Config['match']): (series: SeriesTags) => TensorKind | undefined {
  const rules = match.filter(({ expectTensor }) => expectTensor !== undefined);
  const patterns = rules.map(({ setModel, model }) => new NamePattern(setModel ?? model ?? '*'));
  return ({ model, variant, server }) => {
    const found = rules.findIndex((rule, index) => {
      const isNamed = (rule.setModel ?? rule.model ?? rule.variant) !== undefined;
      const isVariant = rule.variant === undefined || rule.variant === variant;
      return (isNamed || server !== '') && isVariant && patterns[index].matches(model);
    });
    return rules[found]?.expectTensor;
  };
}

/** Of an agent without GPU reader. */
export const NO_GPU: GpuStatus = {
  source: 'none',
  reason: 'gpu.source is none',
  devices: [],
  lost: [],
  ownReason: 'gpu.source is none',
  notes: [],
  restarts: 0,
};

import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import type { GpuOwnership, GpuSampleSink } from './core/gpu-sample.ts';
import type { Tags } from './core/point.ts';
import type { GpuStatus } from './core/status.ts';
import { SamplerLoop } from './flush/sampler-loop.ts';
import { GpuSampler } from './gpu/gpu-sampler.ts';
import { SourceChoice } from './gpu/source-choice.ts';

/** What reads the GPUs. */
export interface GpuParts {
  readonly reader: SourceChoice;
  readonly sampler: GpuSampler;
  readonly loop: SamplerLoop;
}

/** Who works with what is read. */
export interface GpuUse {
  readonly sink: GpuSampleSink;
  readonly ownership: () => GpuOwnership;
}

/** Undefined: `gpu.source` is none. */
export function assembleGpu(config: Config, edge: AgentEdge, tags: Tags, use: GpuUse): GpuParts | undefined {
  const { source, devices } = config.gpu;
  if (source === 'none') return undefined;
  const { clock, log, random, hasNvidiaDriver } = edge;
  const reader = new SourceChoice({ source, devices, hasDriver: hasNvidiaDriver, clock, log });
  const sampler = new GpuSampler({ ...config.gpu, tags }, { choice: reader, clock, log, random, ...use });
  return { reader, sampler, loop: new SamplerLoop(sampler, clock, log) };
}

/** The GPUs that the config names; without any, nobody knows. */
export function configuredGpus({ gpu: { devices } }: Config): GpuOwnership {
  return devices === undefined
    ? { reason: 'gpu.devices names none' }
    : { uuids: devices, reason: 'gpu.devices names them' };
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

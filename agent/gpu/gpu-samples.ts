import type { GpuActivity, GpuSample } from '../core/gpu-sample.ts';
import type { DeviceReading } from './gpu-reader.ts';

const MIB = 2 ** 20;

export interface ReceivedContext {
  /** Unix ms at which the reading came in, which is its end. */
  readonly receivedMs: number;
  readonly full: boolean;
  readonly simulated: boolean;
}

/** Turns readings into what the join needs, with the agent's times. */
export class GpuSamples {
  /** When each GPU was last read in full: its activity is since then. */
  #lastFullMs: ReadonlyMap<string, number> = new Map();
  /** Of each GPU, as its last full reading said. */
  #processIds: ReadonlyMap<string, readonly number[] | undefined> = new Map();

  samples(devices: readonly DeviceReading[], context: ReceivedContext): readonly GpuSample[] {
    const { receivedMs, full, simulated } = context;
    const fullBefore = this.#lastFullMs;
    if (full) this.#noteFull(devices, receivedMs);
    return devices.map((device) => {
      const { uuid, fields, energy, power } = device;
      const processIds = this.#processIds.get(uuid);
      const at = (agoMs: number): number => receivedMs - agoMs;
      const activity = activityOf(device, fullBefore.get(uuid));
      return {
        uuid,
        atMs: receivedMs,
        ...(fields.memory_used !== undefined && { memoryUsedBytes: fields.memory_used * MIB }),
        ...(processIds && { processIds }),
        ...(energy && { energy: { joules: energy.joules, atMs: at(energy.agoMs) } }),
        ...(power && { power: { atMs: power.agoMs.map(at), watts: power.watts } }),
        ...(activity && { activity }),
        divided: device.mig.length > 0,
        simulated,
      };
    });
  }

  /** After an outage. */
  forget(): void {
    this.#lastFullMs = new Map();
    this.#processIds = new Map();
  }

  #noteFull(devices: readonly DeviceReading[], receivedMs: number): void {
    this.#lastFullMs = new Map(devices.map(({ uuid }) => [uuid, receivedMs]));
    this.#processIds = new Map(devices.map(({ uuid, processes }) => [uuid, computePids(processes)]));
  }
}

function computePids(processes: DeviceReading['processes']): readonly number[] | undefined {
  return processes?.filter(({ type }) => type !== 'G').map(({ pid }) => pid);
}

function activityOf({ activity }: DeviceReading, fromMs: number | undefined): GpuActivity | undefined {
  if (activity === undefined || fromMs === undefined) return undefined;
  return {
    fromMs,
    utilizationRatio: activity.utilization_mean_ratio,
    tensorAnyRatio: activity.tensor_any_active_ratio,
    tensorHmmaRatio: activity.tensor_hmma_active_ratio,
    tensorImmaRatio: activity.tensor_imma_active_ratio,
  };
}

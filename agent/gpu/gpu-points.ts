import type { Point, Tags } from '../core/point.ts';
import { EnergyCounter } from './energy-counter.ts';
import type { DeviceReading, MigReading } from './gpu-reader.ts';
import { sumProcesses } from './process-sums.ts';
import { SeriesCache } from './series-cache.ts';

export interface GpuPointsOptions {
  /** Tags of every point: host, instance and the config's. */
  readonly tags: Tags;
  /** Each process a series of its own. */
  readonly processId: boolean;
}

export interface ReadingContext {
  readonly timestampMs: number;
  readonly full: boolean;
  readonly simulated: boolean;
  /** Whether the points of this GPU are wanted. */
  readonly isOwn: (uuid: string) => boolean;
}

/** Turns readings into points of `nvidia_smi`, `nvidia_smi_process`, `nvidia_smi_mig` and `gpu_activity`. */
export class GpuPoints {
  readonly #series: SeriesCache;
  readonly #processId: boolean;
  readonly #energy = new EnergyCounter();

  constructor({ tags, processId }: GpuPointsOptions) {
    this.#series = new SeriesCache(tags);
    this.#processId = processId;
  }

  /** Of one reading, in the order of its GPUs. */
  points(devices: readonly DeviceReading[], context: ReadingContext): readonly Point[] {
    this.#series.advance(context.timestampMs);
    const energy = context.full ? this.#energy.advance(devices) : undefined;
    return devices
      .filter(({ uuid }) => context.isOwn(uuid))
      .flatMap((device) => this.#pointsOf(device, context, energy?.get(device.uuid)));
  }

  /** After an outage: what was counted during it belongs to no point. */
  forget(): void {
    this.#energy.forget();
  }

  #pointsOf(device: DeviceReading, { timestampMs, simulated }: ReadingContext, joules?: number): Point[] {
    const { index, uuid, name, arch, computeMode, pstate, fields } = device;
    const who = { index: String(index), uuid, name, simulated: simulated ? 'true' : undefined };
    const smi = { ...who, arch, compute_mode: computeMode, pstate };
    const points: Point[] = [{ series: this.#series.get('nvidia_smi', smi), fields, timestampMs }];
    for (const { tags, fields } of sumProcesses(device.processes ?? [], this.#processId)) {
      const series = this.#series.get('nvidia_smi_process', { ...who, ...tags });
      points.push({ series, fields, timestampMs });
    }
    for (const mig of device.mig) {
      const series = this.#series.get('nvidia_smi_mig', { ...smi, ...migTags(mig) });
      points.push({ series, fields: mig.fields, timestampMs });
    }
    if (device.activity !== undefined || joules !== undefined) {
      const series = this.#series.get('gpu_activity', who);
      points.push({ series, fields: { ...device.activity, energy_joules: joules }, timestampMs });
    }
    return points;
  }
}

function migTags({ index, gpuInstance, computeInstance }: MigReading) {
  return { index: String(index), gpu_index: String(gpuInstance), compute_index: String(computeInstance) };
}

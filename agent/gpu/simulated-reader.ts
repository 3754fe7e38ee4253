import type { FieldsOf } from '../core/point.ts';
import type { DeviceReading, GpuReader, GpuReading, PowerSamples, ReadRequest } from './gpu-reader.ts';

const UUID = 'GPU-51515151-0000-4000-8000-000000000000';
const NAME = 'Simulated GPU';

/** Its load is a wave between 20 % and 90 % once a minute. */
const PERIOD_SECONDS = 60;
const MEAN_LOAD = 0.55;
const LOAD_SWING = 0.35;
const IDLE_WATTS = 70;
const LOAD_WATTS = 480;
/** As a real driver: a sample each 20 ms, some 2.4 s kept. */
const SAMPLE_MS = 20;
const KEPT_SAMPLES = 120;
const MEMORY_TOTAL_MIB = 81_920;
const MEMORY_RESERVED_MIB = 640;
/** Of the load, by pipe: three quarters on int8, the rest in floating point. */
const TENSOR_SHARE = 0.8;
const INT8_SHARE = 0.75;

/** A GPU that does not exist. Its figures follow from the time alone, so that energy is exactly the integral of power. */
export class SimulatedReader implements GpuReader {
  readonly source = 'simulated';
  readonly #nowMs: () => number;
  #lastFullMs: number | undefined;
  #lastPowerMs = Number.NEGATIVE_INFINITY;

  /** `nowMs`: Unix milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async open(): Promise<void> {
    this.#lastFullMs = undefined;
    this.#lastPowerMs = Number.NEGATIVE_INFINITY;
  }

  async read(request: ReadRequest): Promise<GpuReading> {
    const nowMs = this.#nowMs();
    return { devices: [this.#device(nowMs, request)], lost: [], notes: ['the GPU is simulated'] };
  }

  close(): void {}

  #device(nowMs: number, { full, power, processes }: ReadRequest): DeviceReading {
    const usedMemoryMib = memoryUsedMib(nowMs);
    return {
      index: 0,
      uuid: UUID,
      name: NAME,
      arch: 'Simulated',
      computeMode: 'Default',
      pstate: 'P0',
      fields: fieldsAt(nowMs),
      mig: [],
      ...(processes && { processes: [{ pid: 1, name: 'simulated-server', type: 'C', usedMemoryMib }] }),
      ...(full && this.#full(nowMs)),
      ...(power && { power: this.#power(nowMs) }),
    };
  }

  #full(nowMs: number): Pick<DeviceReading, 'activity' | 'energy'> {
    const fromMs = this.#lastFullMs;
    this.#lastFullMs = nowMs;
    const energy = { joules: energyJoules(nowMs), agoMs: 0 };
    if (fromMs === undefined || nowMs <= fromMs) return { energy };
    return { energy, activity: activityOf(meanLoad(fromMs, nowMs), Math.max(loadAt(fromMs), loadAt(nowMs))) };
  }

  #power(nowMs: number): PowerSamples {
    const sinceMs = Math.max(this.#lastPowerMs, nowMs - KEPT_SAMPLES * SAMPLE_MS);
    this.#lastPowerMs = nowMs;
    const count = Math.max(0, Math.floor((nowMs - sinceMs) / SAMPLE_MS));
    const agoMs = Float64Array.from({ length: count }, (_, index) => (count - 1 - index) * SAMPLE_MS);
    return { agoMs, watts: agoMs.map((ago) => powerWatts(nowMs - ago)) };
  }
}

function fieldsAt(nowMs: number): FieldsOf<'nvidia_smi'> {
  const load = loadAt(nowMs);
  const used = memoryUsedMib(nowMs);
  return {
    driver_version: 'simulated',
    memory_total: MEMORY_TOTAL_MIB,
    memory_reserved: MEMORY_RESERVED_MIB,
    memory_used: used,
    memory_free: MEMORY_TOTAL_MIB - MEMORY_RESERVED_MIB - used,
    utilization_gpu: Math.round(100 * load),
    utilization_memory: Math.round(40 * load),
    temperature_gpu: Math.round(35 + 35 * load),
    temperature_memory: Math.round(40 + 40 * load),
    power_draw: powerWatts(nowMs),
    power_draw_average: energyJoules(nowMs) - energyJoules(nowMs - 1000),
    power_limit: 700,
    clocks_current_graphics: 1980,
    clocks_current_sm: 1980,
    clocks_current_memory: 2619,
    clocks_event_reason_gpu_idle: 0,
    clocks_event_reason_sw_power_cap: 0,
    clocks_event_reason_sw_thermal_slowdown: 0,
    clocks_event_reason_hw_slowdown: 0,
  };
}

function activityOf(mean: number, max: number): FieldsOf<'gpu_activity'> {
  const tensor = TENSOR_SHARE * mean;
  return {
    utilization_mean_ratio: mean,
    utilization_max_ratio: max,
    sm_active_ratio: 0.95 * mean,
    sm_occupancy_ratio: 0.4 * mean,
    tensor_any_active_ratio: tensor,
    tensor_hmma_active_ratio: (1 - INT8_SHARE) * tensor,
    tensor_imma_active_ratio: INT8_SHARE * tensor,
    tensor_dfma_active_ratio: 0,
    fp64_active_ratio: 0,
    fp32_active_ratio: 0.1 * mean,
    fp16_active_ratio: 0,
    integer_active_ratio: 0.05 * mean,
    dram_active_ratio: 0.3 * mean,
  };
}

function loadAt(ms: number): number {
  return MEAN_LOAD + LOAD_SWING * Math.sin(angle(ms));
}

function meanLoad(fromMs: number, toMs: number): number {
  return (loadSeconds(toMs) - loadSeconds(fromMs)) / ((toMs - fromMs) / 1000);
}

/** The integral of the load since the epoch. */
function loadSeconds(ms: number): number {
  return (MEAN_LOAD * ms) / 1000 - LOAD_SWING * (PERIOD_SECONDS / (2 * Math.PI)) * Math.cos(angle(ms));
}

function powerWatts(ms: number): number {
  return IDLE_WATTS + LOAD_WATTS * loadAt(ms);
}

function energyJoules(ms: number): number {
  return (IDLE_WATTS * ms) / 1000 + LOAD_WATTS * loadSeconds(ms);
}

function memoryUsedMib(ms: number): number {
  return Math.round(20_000 + 2000 * Math.sin(angle(ms) / 10));
}

/** Of the wave; reduced first, for a double has few digits left for the sine of a large number. */
function angle(ms: number): number {
  return (2 * Math.PI * (ms % (PERIOD_SECONDS * 10_000))) / (PERIOD_SECONDS * 1000);
}

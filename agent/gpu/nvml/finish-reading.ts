import type { DeviceReading, PowerSamples } from '../gpu-reader.ts';
import type { DeviceDraft } from './nvml-device.ts';
import type { Samples } from './sample-buffer.ts';

/** The end of a reading on both clocks: energy was stamped by the monotonic one, samples by the driver's. */
export interface ReadingEnd {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Sets the times of a draft against the end of the reading of all GPUs. */
export function finishReading({ reading, energy, power }: DeviceDraft, end: ReadingEnd): DeviceReading {
  return {
    ...reading,
    ...(energy !== undefined && {
      energy: { joules: energy.joules, agoMs: end.monotonicMs - energy.atMonotonicMs },
    }),
    ...(power !== undefined && { power: powerSamples(power, end.wallMs) }),
  };
}

function powerSamples({ timesUs, values }: Samples, endMs: number): PowerSamples {
  return { agoMs: timesUs.map((timeUs) => Math.max(0, endMs - timeUs / 1000)), watts: values };
}

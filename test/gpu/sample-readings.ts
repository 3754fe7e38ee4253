import type { DeviceReading } from '../../agent/gpu/gpu-reader.ts';

export const UUIDS = [0, 1, 2].map((index) => `GPU-00000000-0000-0000-0000-00000000000${index}`);

/** A GPU that says little; `more` adds to it. */
export function deviceOf(index: number, more: Partial<DeviceReading> = {}): DeviceReading {
  return {
    index,
    uuid: UUIDS[index],
    name: 'NVIDIA H100 80GB HBM3',
    arch: 'Hopper',
    computeMode: 'Default',
    pstate: 'P0',
    fields: { utilization_gpu: 97, memory_used: 2048, power_draw: 512.5 },
    mig: [],
    ...more,
  };
}

/** Everything that a reader can say of one GPU. */
export const fullDevice: DeviceReading = deviceOf(0, {
  processes: [
    { pid: 41, name: '/usr/bin/python3', type: 'C', usedMemoryMib: 1000 },
    { pid: 42, name: '/usr/bin/python3', type: 'C', usedMemoryMib: 500 },
    { pid: 43, name: '/usr/lib/xorg/Xorg', type: 'G' },
  ],
  mig: [
    { index: 1, gpuInstance: 7, computeInstance: 0, fields: { memory_fb_used: 12, memory_fb_total: 9856 } },
  ],
  activity: { utilization_mean_ratio: 0.5, utilization_max_ratio: 1, tensor_imma_active_ratio: 0.25 },
  energy: { joules: 5000, agoMs: 4 },
  power: { agoMs: Float64Array.of(30, 10), watts: Float64Array.of(500, 510) },
});

import { expect } from 'chai';
import type { PointRow } from '../../../agent/dashboard/web/api-answers.ts';
import { GpuStore } from '../../../agent/dashboard/web/gpu-store.ts';

function createGpuRow(time: number, index: number, utilization: number): PointRow {
  const tags = { index: String(index), uuid: `GPU-${index}`, name: 'NVIDIA H100 80GB HBM3' };
  return { measurement: 'nvidia_smi', time, tags, fields: { utilization_gpu: utilization } };
}

describe('GpuStore', () => {
  it('names the GPUs in the order of the driver', () => {
    const store = new GpuStore();
    for (const index of [10, 2, 0]) store.put(createGpuRow(1, index, 5), 'live');
    expect(store.gpus().map(({ label }) => label)).to.deep.equal(['GPU 0', 'GPU 2', 'GPU 10']);
  });

  it('keeps the newest row of each step, so that a page left open does not grow', () => {
    const store = new GpuStore();
    store.clear(5000);
    for (let time = 0; time < 20_000; time += 1000) store.put(createGpuRow(time, 0, time), 'live');
    store.put(createGpuRow(4500, 0, 1), 'past');
    expect(store.rows('GPU-0', 'nvidia_smi').map(({ time }) => time)).to.deep.equal([
      4000, 9000, 14_000, 19_000,
    ]);
  });

  it('forgets a GPU of which nothing is left in the range', () => {
    const store = new GpuStore();
    store.put(createGpuRow(1000, 0, 5), 'live');
    store.put(createGpuRow(9000, 1, 5), 'live');
    store.dropBefore(5000);
    expect(store.gpus().map(({ uuid }) => uuid)).to.deep.equal(['GPU-1']);
  });
});

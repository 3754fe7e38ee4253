import { expect } from 'chai';
import { GpuPoints, type ReadingContext } from '../../agent/gpu/gpu-points.ts';
import type { DeviceReading } from '../../agent/gpu/gpu-reader.ts';
import { lineOf } from './line-of.ts';
import { deviceOf, fullDevice, UUIDS } from './sample-readings.ts';

const CONTEXT: ReadingContext = { timestampMs: 1000, full: true, simulated: false, isOwn: () => true };
const WHO = `uuid=${UUIDS[0]}`;
const H100 = 'NVIDIA\\ H100\\ 80GB\\ HBM3';

function linesOf(
  devices: readonly DeviceReading[],
  context: Partial<ReadingContext> = {},
  points = new GpuPoints({ tags: { host: 'h' }, processId: false }),
): readonly string[] {
  return points.points(devices, { ...CONTEXT, ...context }).map(lineOf);
}

describe('points of a reading', () => {
  it('are Telegraf’s, with the GPU on each process and instance', () => {
    expect(linesOf([fullDevice])).to.deep.equal([
      `nvidia_smi,arch=Hopper,compute_mode=Default,host=h,index=0,name=${H100},pstate=P0,${WHO} utilization_gpu=97i,memory_used=2048i,power_draw=512.5 1000`,
      `nvidia_smi_process,host=h,index=0,name=/usr/bin/python3,type=C,${WHO} used_memory=1500i,processes=2i 1000`,
      `nvidia_smi_process,host=h,index=0,name=/usr/lib/xorg/Xorg,type=G,${WHO} pid=43i,processes=1i 1000`,
      `nvidia_smi_mig,arch=Hopper,compute_index=0,compute_mode=Default,gpu_index=7,host=h,index=1,name=${H100},pstate=P0,${WHO} memory_fb_used=12i,memory_fb_total=9856i 1000`,
      `gpu_activity,host=h,index=0,name=${H100},${WHO} utilization_mean_ratio=0.5,utilization_max_ratio=1,tensor_imma_active_ratio=0.25 1000`,
    ]);
  });

  it('say on each that they are simulated, where they are', () => {
    const lines = linesOf([fullDevice], { simulated: true });
    expect(lines).to.have.length(5);
    for (const line of lines) expect(line).to.contain(',simulated=true');
  });

  it('are of our own GPUs only', () => {
    const lines = linesOf([deviceOf(0), deviceOf(1), deviceOf(2)], { isOwn: (uuid) => uuid === UUIDS[1] });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain(UUIDS[1]);
  });

  it('keep the series of a GPU from reading to reading', () => {
    const points = new GpuPoints({ tags: {}, processId: false });
    const series = () => points.points([fullDevice], CONTEXT).map((point) => point.series);
    const first = series();
    for (const [index, again] of series().entries()) expect(again).to.equal(first[index]);
  });

  const energies: readonly [string, readonly (number | undefined)[], readonly (string | undefined)[]][] = [
    ['is the counter’s difference', [100, 350, 351], [undefined, '250', '1']],
    ['is absent where the counter began anew', [100, 50, 60], [undefined, undefined, '10']],
    [
      'is absent where the GPU was away in between',
      [100, undefined, 300, 310],
      [undefined, undefined, undefined, '10'],
    ],
  ];
  for (const [title, counters, expected] of energies) {
    it(`the energy ${title}`, () => {
      const points = new GpuPoints({ tags: {}, processId: false });
      const shown = counters.map((joules) => {
        const device = joules === undefined ? [] : [deviceOf(0, { energy: { joules, agoMs: 0 } })];
        const line = linesOf(device, {}, points).find((text) => text.startsWith('gpu_activity'));
        return /energy_joules=(\d+)/.exec(line ?? '')?.[1];
      });
      expect(shown).to.deep.equal(expected);
    });
  }

  it('an outage voids the energy, for the counter may have begun anew', () => {
    const points = new GpuPoints({ tags: {}, processId: false });
    const device = (joules: number) => [deviceOf(0, { energy: { joules, agoMs: 0 } })];
    linesOf(device(100), {}, points);
    points.forget();
    expect(linesOf(device(200), {}, points)).to.have.length(1);
  });
});

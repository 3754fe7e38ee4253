import { expect } from 'chai';
import type { DeviceReading } from '../../agent/gpu/gpu-reader.ts';
import { SimulatedReader } from '../../agent/gpu/simulated-reader.ts';

const EVERYTHING = { full: true, power: true, processes: true };

describe('simulated GPU', () => {
  let nowMs: number;
  let reader: SimulatedReader;
  beforeEach(async () => {
    nowMs = 1_800_000_000_000;
    reader = new SimulatedReader(() => nowMs);
    await reader.open();
  });

  async function readAt(ms: number): Promise<DeviceReading> {
    nowMs = ms;
    return (await reader.read(EVERYTHING)).devices[0];
  }

  it('says the same of the same moment', async () => {
    const other = new SimulatedReader(() => nowMs);
    expect(await other.read(EVERYTHING)).to.deep.equal(await reader.read(EVERYTHING));
  });

  it('counts the energy that its power samples amount to', async () => {
    const from = await readAt(nowMs);
    const to = await readAt(nowMs + 2000);
    const watts = to.power?.watts ?? new Float64Array();
    expect(watts).to.have.length(100);
    const mean = watts.reduce((sum, value) => sum + value, 0) / watts.length;
    const joules = (to.energy?.joules ?? 0) - (from.energy?.joules ?? 0);
    expect(joules / 2).to.be.closeTo(mean, 0.01 * mean);
  });

  it('knows what ran since the last full reading, from the second on', async () => {
    expect((await readAt(nowMs)).activity).to.equal(undefined);
    const { activity } = await readAt(nowMs + 60_000);
    expect(activity?.utilization_mean_ratio).to.be.closeTo(0.55, 1e-6);
    expect(activity?.tensor_imma_active_ratio).to.be.closeTo(0.33, 1e-6);
  });

  it('gives a cheap reading where nothing more is asked for', async () => {
    const [device] = (await reader.read({ full: false, power: false, processes: false })).devices;
    expect(device).not.to.have.any.keys('activity', 'energy', 'power', 'processes');
    expect(device.fields.power_draw).to.be.within(70, 550);
  });
});

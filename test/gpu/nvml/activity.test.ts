import { expect } from 'chai';
import koffi from 'koffi';
import type { DeviceReading, ReadRequest } from '../../../agent/gpu/gpu-reader.ts';
import type { NvmlReader } from '../../../agent/gpu/nvml/nvml-reader.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { TICK, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const FULL = { ...TICK, full: true };
const POWER = { ...TICK, power: true };
const HOUR_MS = 3_600_000;

async function first(reader: NvmlReader, request: ReadRequest): Promise<DeviceReading> {
  const [device] = (await reader.read(request)).devices;
  if (device === undefined) throw new Error('no GPU was read');
  return device;
}

/** A clock that stands where the driver's is, `behindMs` behind it. */
function standing(behindMs: number): ManualClock {
  return new ManualClock(Date.now() - behindMs);
}

describe(`the activity that NVML tells of${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  it('is that between two full readings, as ratios, from the second on', async () => {
    driver().says(
      'set 0 gpm_2 94.1',
      'set 0 gpm_5 72.7',
      'set 0 gpm_7 0',
      'set 0 gpm_9 72.7',
      'set 0 gpm_10 23.4',
    );
    const reader = await driver().opened({ clock: standing(1000) });
    expect(await first(reader, FULL)).not.to.have.property('activity');
    expect(await first(reader, TICK)).not.to.have.property('activity');
    const { activity } = await first(reader, FULL);
    expect(activity).to.include({ tensor_hmma_active_ratio: 0, tensor_imma_active_ratio: 0.727 });
    expect(activity?.sm_active_ratio).to.be.closeTo(0.941, 1e-9);
    expect(activity).not.to.have.property('fp64_active_ratio');
  });

  const SHARES: readonly [percent: string, ratio: number | undefined][] = [
    ['100.02', 1],
    ['106', undefined],
    ['-1', undefined],
    ['nan', undefined],
    ['inf', undefined],
  ];
  for (const [percent, ratio] of SHARES) {
    it(`takes a share of ${percent} % as ${ratio}`, async () => {
      driver().says(`set 0 gpm_5 ${percent}`);
      const reader = await driver().opened();
      await reader.read(FULL);
      expect((await first(reader, FULL)).activity?.tensor_any_active_ratio).to.equal(ratio);
    });
  }

  it('is of each GPU its own', async () => {
    driver().says('set * devices 2', 'set 0 gpm_5 10', 'set 1 gpm_5 20');
    const reader = await driver().opened();
    await reader.read(FULL);
    const { devices } = await reader.read(FULL);
    expect(devices.map(({ activity }) => activity?.tensor_any_active_ratio)).to.deep.equal([0.1, 0.2]);
  });

  it('lacks what needs GPM on a GPU without it, and says so once', async () => {
    driver().says('set * devices 2', 'set * gpm 0', 'set * gpm_5 50', 'set * name NVIDIA A100');
    const reader = await driver().opened({ clock: standing(1000) });
    await reader.read(FULL);
    const { devices, notes } = await reader.read(FULL);
    expect(devices[0]?.activity).to.have.all.keys('utilization_mean_ratio', 'utilization_max_ratio');
    expect(notes).to.deep.equal(['NVIDIA A100: no tensor or SM activity, which needs GPM (Hopper or later)']);
  });

  it('frees every GPM sample when it is closed', async () => {
    driver().says('set * devices 8');
    const library = koffi.load(driver().path);
    const alive = library.func('fakeNvmlSamplesAlive', 'int', []) as () => number;
    const reader = await driver().opened();
    for (let i = 0; i < 5; i++) await reader.read(FULL);
    expect(alive()).to.equal(16);
    reader.close();
    expect(alive()).to.equal(0);
  });

  it('has mean and greatest of the utilization samples since the last full reading', async () => {
    driver().says('set 0 sample_utilization 20', 'set 0 sample_peak 100');
    // The clock stands at 1 s ago: of the samples 200 ms apart, four or five and the peak have come since.
    const reader = await driver().opened({ clock: standing(1000) });
    await reader.read(FULL);
    const { activity } = await first(reader, FULL);
    expect(activity?.utilization_max_ratio).to.equal(1);
    expect(activity?.utilization_mean_ratio).to.be.within(0.3, 0.42);
  });

  it('leaves out samples without sense', async () => {
    driver().says('set 0 sample_utilization 20', 'set 0 sample_peak 101');
    const reader = await driver().opened({ clock: standing(1000) });
    await reader.read(FULL);
    expect((await first(reader, FULL)).activity?.utilization_max_ratio).to.equal(0.2);
  });
});

describe(`the power samples of NVML${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  it('are all that the driver keeps, oldest first, set against the end of the reading', async () => {
    driver().says('set 0 sample_power 300000', 'set 0 sample_power_peak 700000');
    const { power } = await first(await driver().opened(), POWER);
    expect(power?.watts).to.have.length(119);
    expect(power?.watts[0]).to.equal(300);
    expect(power?.watts.at(-1)).to.equal(700);
    const agoMs = [...(power?.agoMs ?? [])];
    expect(agoMs).to.deep.equal([...agoMs].sort((a, b) => b - a));
    expect(agoMs[0]).to.be.within(2300, 4000);
    expect(agoMs.at(-1)).to.be.within(0, 1000);
  });

  it('come once: the next reading has what is new', async () => {
    driver().says();
    const reader = await driver().opened();
    await reader.read(POWER);
    const again = (await first(reader, POWER)).power?.watts.length ?? 0;
    expect(again).to.be.below(119);
  });

  it('that are hours ahead of the clock are none, and keep no later ones out', async () => {
    driver().says();
    const clock = standing(0);
    const hourBack = standing(HOUR_MS);
    let now = clock;
    const reader = await driver().opened({
      clock: { wallMs: () => now.wallMs(), monotonicMs: () => 0, sleep: () => Promise.resolve() },
    });
    expect((await first(reader, POWER)).power?.watts).to.have.length(119);
    now = hourBack;
    expect(await first(reader, POWER), 'the clock was set back').not.to.have.property('power');
    now = clock;
    expect((await first(reader, POWER)).power?.watts).to.have.length(119);
  });
});

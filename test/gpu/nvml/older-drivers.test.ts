import { expect } from 'chai';
import { EVERYTHING, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const GIB = 2 ** 30;

describe(`the NVML reader with a library of 2018${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this, { old: true });

  it('reads by the functions that there are, and omits what there is none for', async () => {
    driver().says('set 0 power_average 71500', 'set 0 reasons 4', 'set 0 retired_pending 1');
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    const [device] = (await reader.read(EVERYTHING)).devices;
    expect(device?.fields).to.include({
      driver_version: '580.0.0',
      power_draw: 71.5,
      power_limit: 700,
      power_limit_min: 200,
      power_limit_max: 700,
      clocks_event_reason_sw_power_cap: 1,
      retired_pages_pending: 'Yes',
      memory_used: 2560,
    });
    const omitted = [
      'memory_reserved',
      'cuda_version',
      'power_draw_average',
      'temperature_memory',
      'utilization_ofa',
    ];
    expect(Object.keys(device?.fields ?? {}).filter((field) => omitted.includes(field))).to.deep.equal([]);
    expect(device).not.to.have.property('arch');
    expect(device?.mig).to.deep.equal([]);
  });

  it('lists processes, whose entries are shorter there', async () => {
    driver().says('process 0 C 71 512 0 0', 'process 0 C 72 unknown 0 0', 'name 71 a', 'name 72 b');
    const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
    expect(device?.processes).to.deep.equal([
      { pid: 71, name: 'a', type: 'C', usedMemoryMib: 512 },
      { pid: 72, name: 'b', type: 'C' },
    ]);
  });
});

describe(`the NVML reader on a GPU that knows only older ways${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  const WAYS: readonly [directive: string, fields: Record<string, number>][] = [
    ['set 0 memory_v2 none', { memory_total: 81_920, memory_used: 2560 }],
    ['answer nvmlDeviceGetMemoryInfo_v2 0 25', { memory_total: 81_920, memory_used: 2560 }],
    ['answer nvmlDeviceGetCurrentClocksEventReasons 0 13', { clocks_event_reason_gpu_idle: 1 }],
    ['answer nvmlDeviceGetFieldValues 0 3', { power_draw: 300, power_limit_default: 700 }],
  ];
  for (const [directive, fields] of WAYS) {
    it(`asks the older way where the driver says ${directive}`, async () => {
      driver().says(directive, `set 0 memory_used ${2 * GIB}`);
      const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
      expect(device?.fields).to.include(fields);
    });
  }

  it('lists processes by the older function where the newer one is refused as unknown', async () => {
    driver().says(
      'answer nvmlDeviceGetComputeRunningProcesses_v3 0 13',
      'process 0 C 71 512 0 0',
      'name 71 a',
    );
    const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
    expect(device?.processes).to.deep.equal([{ pid: 71, name: 'a', type: 'C', usedMemoryMib: 512 }]);
  });
});

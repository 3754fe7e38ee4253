import { expect } from 'chai';
import type { GpuReading } from '../../../agent/gpu/gpu-reader.ts';
import { fakeUuid } from '../../fakes/nvml/fake-nvml.ts';
import { EVERYTHING, TICK, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const EIGHT = 'set * devices 8';

function temperatures({ devices }: GpuReading): (number | undefined)[] {
  return devices.map(({ fields }) => fields.temperature_gpu);
}

describe(`the NVML reader${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  it('gives every GPU its own figures', async () => {
    driver().says(EIGHT, 'set 5 temperature 77');
    const reading = await (await driver().opened()).read(TICK);
    expect(reading.devices.map(({ index, uuid }) => [index, uuid])).to.deep.equal(
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => [index, fakeUuid(index)]),
    );
    expect(temperatures(reading)).to.deep.equal([40, 41, 42, 43, 44, 77, 46, 47]);
    expect(reading.lost).to.deep.equal([]);
    expect(reading.notes).to.deep.equal([]);
  });

  const FIELDS: readonly [directive: string, field: string, value: number | string][] = [
    ['set 0 utilization 100', 'utilization_gpu', 100],
    ['set 0 encoder 12', 'utilization_encoder', 12],
    ['set 0 memory_used 1512046592', 'memory_used', 1442],
    ['set 0 memory_used 1512046593', 'memory_used', 1443],
    ['set 0 memory_used 1512046593', 'memory_free', 79966],
    ['set 0 memory_reserved 1048577', 'memory_reserved', 1],
    ['set 0 field_74 1424883712', 'clocks_event_reasons_counters_sw_power_cap', 1_424_883],
    ['set 0 field_271 5000', 'clocks_event_reasons_counters_hw_power_brake', 5],
    ['set 0 reasons 0x84', 'clocks_event_reason_sw_power_cap', 1],
    ['set 0 reasons 0x84', 'clocks_event_reason_hw_power_brake_slowdown', 1],
    ['set 0 reasons 0x84', 'clocks_event_reason_gpu_idle', 0],
    ['set 0 field_186 655970', 'power_draw', 655.97],
    ['set 0 field_185 689130', 'power_draw_average', 689.13],
    ['set 0 field_186_1 901000', 'module_power_draw', 901],
    ['set 0 field_82 56', 'temperature_memory', 56],
    ['set 0 field_193 -8', 'temperature_max_tlimit_threshold', -8],
    ['set 0 field_196 0', 'temperature_max_gpu_tlimit_threshold', 0],
    ['set 0 field_190 650000', 'power_limit', 650],
    ['set 0 field_188 710000', 'power_limit_max', 710],
    ['set 0 field_29 3', 'retired_pages_multiple_single_bit', 3],
    ['set 0 tlimit 19', 'temperature_gpu_tlimit', 19],
    ['set 0 ecc 0', 'current_ecc', 'Disabled'],
    ['set 0 ecc_1_0_2 9', 'ecc_errors_volatile_dram_uncorrectable', 9],
    ['set 0 ecc_0_1_7 8', 'ecc_errors_aggregate_sram_correctable', 8],
    ['set 0 sram 1', 'ecc_errors_aggregate_sram_uncorrectable_parity', 1],
    ['set 0 sram 1', 'ecc_errors_volatile_sram_uncorrectable_secded', 5],
    ['set 0 sram 1', 'ecc_errors_aggregate_sram_uncorrectable_other', 11],
    ['set 0 sram_threshold 1', 'ecc_errors_aggregate_sram_threshold_exceeded', 'Yes'],
    ['set 0 channel_repair 1', 'ecc_errors_channel_repair_pending', 'Yes'],
    ['set 0 remapped_pending 1', 'remapped_rows_pending', 'Yes'],
    ['set 0 remapped_uncorrected 4', 'remapped_rows_uncorrectable', 4],
    ['set 0 threshold_6 85', 'temperature_gpu_target_max', 85],
    ['set 0 encoder_fps 60', 'encoder_stats_average_fps', 60],
    ['set 0 display_active 1', 'display_active', 'Enabled'],
    ['set 0 pcie_gen 4', 'pcie_link_gen_current', 4],
    ['set 0 serial 42', 'serial', '42'],
    ['set * driver_version 580.1', 'driver_version', '580.1'],
    ['set * cuda 12080', 'cuda_version', '12.8'],
  ];
  for (const [directive, field, value] of FIELDS) {
    it(`reads ${field}: ${value} where the driver says ${directive}`, async () => {
      driver().says(directive);
      const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
      expect(device?.fields).to.have.property(field, value);
    });
  }

  const TAGS: readonly [directive: string, tag: string, value: string | undefined][] = [
    ['set 0 pstate 8', 'pstate', 'P8'],
    ['set 0 pstate 32', 'pstate', undefined],
    ['set 0 compute_mode 3', 'computeMode', 'Exclusive_Process'],
    ['set 0 compute_mode 2', 'computeMode', 'Prohibited'],
    ['set 0 architecture 8', 'arch', 'Ada Lovelace'],
    ['set 0 architecture 0xffffffff', 'arch', undefined],
    ['set 0 name NVIDIA L4', 'name', 'NVIDIA L4'],
  ];
  for (const [directive, tag, value] of TAGS) {
    it(`says ${tag} ${value} where the driver says ${directive}`, async () => {
      driver().says(directive);
      const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
      expect(device).to.include(value === undefined ? { index: 0 } : { [tag]: value });
      if (value === undefined) expect(device).not.to.have.property(tag);
    });
  }

  it('repeats what only a full reading reads, and reads the rest anew', async () => {
    driver().says('set 0 fan 30', 'set 0 temperature 50', 'set 0 compute_mode 3');
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    driver().says('set 0 fan 20', 'set 0 temperature 60');
    const [tick] = (await reader.read(TICK)).devices;
    expect(tick?.fields).to.include({ fan_speed: 30, temperature_gpu: 60 });
    expect(tick).to.include({ computeMode: 'Exclusive_Process' });
    const [full] = (await reader.read(EVERYTHING)).devices;
    expect(full?.fields).to.include({ fan_speed: 20 });
    expect(full).to.include({ computeMode: 'Default' });
  });

  it('asks only each sixth full reading for what is dearest, and keeps the margin of temperature no longer than one', async () => {
    const reader = await driver().opened();
    const pending: unknown[] = [];
    const margins: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      driver().says(`set 0 channel_repair ${i === 0 ? 0 : 1}`, `set 0 tlimit ${i}`);
      await reader.read(EVERYTHING);
      const [device] = (await reader.read(TICK)).devices;
      pending.push(device?.fields.ecc_errors_channel_repair_pending);
      margins.push(device?.fields.temperature_gpu_tlimit);
    }
    const none = undefined;
    expect(pending).to.deep.equal(['No', 'No', 'No', 'No', 'No', 'No', 'Yes']);
    expect(margins).to.deep.equal([0, none, none, none, none, none, 6]);
  });

  it('gives energy, power and processes only where they are asked for', async () => {
    driver().says('set 0 energy 2525882');
    const reader = await driver().opened();
    const [tick] = (await reader.read(TICK)).devices;
    expect(tick).not.to.have.any.keys('energy', 'power', 'processes', 'activity');
    const [full] = (await reader.read(EVERYTHING)).devices;
    expect(full?.energy?.joules).to.equal(2525.882);
    expect(full?.energy?.agoMs).to.be.within(0, 1000);
    expect(full?.processes).to.deep.equal([]);
  });

  it('reads only the GPUs that it is told to', async () => {
    driver().says(EIGHT);
    const reader = await driver().opened({ devices: [fakeUuid(6), fakeUuid(2)] });
    expect((await reader.read(TICK)).devices.map(({ index }) => index)).to.deep.equal([2, 6]);
  });

  it('says which of the GPUs that it is told to read is not there', async () => {
    driver().says('set * devices 1');
    const reader = await driver().opened({ devices: [fakeUuid(0), 'GPU-else'] });
    expect((await reader.read(TICK)).notes).to.deep.equal([
      'gpu.devices: GPU-else is not among the GPUs that the driver shows',
    ]);
  });

  it('reads again after it was closed and opened, any number of times', async () => {
    driver().says('set 0 temperature 41');
    const reader = driver().reader();
    for (const _ of [1, 2, 3]) {
      await reader.open();
      expect(temperatures(await reader.read(EVERYTHING))).to.deep.equal([41]);
      reader.close();
    }
  });
});

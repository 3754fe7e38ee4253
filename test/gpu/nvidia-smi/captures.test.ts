import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NvidiaSmiReader } from '../../../agent/gpu/nvidia-smi/nvidia-smi-reader.ts';
import { FakeNvidiaSmi, readCapture } from '../../fakes/nvidia-smi/fake-nvidia-smi.ts';

const FOLDER = join(import.meta.dirname, '../../captures/nvidia-smi');
const CAPTURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.xml'))
  .map((name) => name.slice(0, -'.xml'.length));
const EVERYTHING = { full: true, power: true, processes: true };

describe('captures of nvidia-smi', () => {
  const fake = new FakeNvidiaSmi();
  before(() => fake.enterPath());
  after(() => fake.remove());

  for (const name of CAPTURES) {
    it(`${name}: gives the reading beside it`, async () => {
      fake.answer({ stdout: readCapture(name) });
      const reading = await new NvidiaSmiReader().read(EVERYTHING);
      const path = join(FOLDER, `${name}.json`);
      if (process.env['UPDATE_GOLDENS'] === '1')
        writeFileSync(path, `${JSON.stringify(reading, undefined, 2)}\n`);
      expect(JSON.parse(JSON.stringify(reading))).to.deep.equal(JSON.parse(readFileSync(path, 'utf8')));
    });

    it(`${name}: is the same with a warning on stderr, which node-nvidia-smi takes for a failure`, async () => {
      fake.answer({ stdout: readCapture(name) });
      const quiet = await new NvidiaSmiReader().read(EVERYTHING);
      fake.answer({ stdout: readCapture(name), stderr: 'WARNING: infoROM is corrupted\n' });
      const warned = await new NvidiaSmiReader().read(EVERYTHING);
      expect(warned.notes).to.deep.equal([
        ...quiet.notes,
        'nvidia-smi warned: WARNING: infoROM is corrupted',
      ]);
      expect({ ...warned, notes: [] }).to.deep.equal({ ...quiet, notes: [] });
    });
  }
});

describe('what the captures are read as', () => {
  const read = async (name: string) => {
    const fake = new FakeNvidiaSmi({ stdout: readCapture(name) }).enterPath();
    try {
      return await new NvidiaSmiReader().read(EVERYTHING);
    } finally {
      fake.remove();
    }
  };

  it('takes units off and keeps the types of the catalog', async () => {
    const [device] = (await read('h100-busy')).devices;
    expect(device).to.include({
      index: 0,
      uuid: 'GPU-00000000-1111-2222-3333-444444444444',
      name: 'NVIDIA H100 80GB HBM3',
      arch: 'Hopper',
      computeMode: 'Default',
      pstate: 'P0',
    });
    expect(device.fields).to.include({
      driver_version: '580.159.04',
      memory_total: 81_559,
      memory_used: 1133,
      utilization_gpu: 98,
      power_draw: 754.78,
      power_draw_average: 692.88,
      pcie_link_width_current: 16,
      pcie_tx_util: 6388,
      temperature_max_tlimit_threshold: -8,
      clocks_event_reason_sw_power_cap: 1,
      clocks_event_reason_gpu_idle: 0,
      clocks_event_reasons_counters_sw_power_cap: 26_235_839,
    });
  });

  it('leaves out what nvidia-smi does not say, and nothing else', async () => {
    const [device] = (await read('h100-busy')).devices;
    const fields = ['fan_speed', 'display_mode', 'temperature_gpu_target', 'module_power_draw'];
    expect(device.fields).not.to.have.any.keys(fields);
    expect(device).not.to.have.any.keys(['activity', 'energy', 'power']);
  });

  it('reads schema v11: throttle reasons, power_readings, ECC errors by bits', async () => {
    const [{ fields, computeMode }] = (await read('v11-v100')).devices;
    expect(computeMode).to.equal('Exclusive_Process');
    expect(fields).to.include({
      power_draw: 213.47,
      power_limit: 250,
      clocks_event_reason_sw_power_cap: 1,
      clocks_event_reason_sync_boost: 0,
      ecc_errors_volatile_dram_correctable: 4,
      ecc_errors_aggregate_dram_uncorrectable: 1,
      retired_pages_double_bit: 1,
    });
    expect(fields).not.to.have.any.keys(['memory_reserved', 'power_draw_average', 'utilization_jpeg']);
  });

  it('reads MIG instances with their numbers, and names processes that XML forbids', async () => {
    const [device] = (await read('v12-a100-mig')).devices;
    const numbers = device.mig.map((mig) => [mig.index, mig.gpuInstance, mig.computeInstance]);
    expect(numbers).to.deep.equal([
      [0, 1, 0],
      [1, 2, 0],
    ]);
    expect(device.mig[0].fields).to.include({ memory_fb_used: 21_873, memory_bar1_total: 65_536 });
    expect(device.mig[1].fields).not.to.have.property('sram_uncorrectable');
    expect(device.fields).not.to.have.property('utilization_gpu');
    expect(device.processes).to.deep.equal([
      {
        pid: 4242,
        name: 'python3 -m vllm.entrypoints.openai.api_server --model a&b',
        type: 'C',
        usedMemoryMib: 21_820,
      },
      { pid: 4243, name: 'unknown', type: 'C' },
    ]);
  });

  it('tells no processes from processes that are not for us to see', async () => {
    expect((await read('v11-t4')).devices[0].processes).to.deep.equal([]);
    expect((await read('permissions')).devices[0]).not.to.have.property('processes');
  });

  it('keeps what permissions leave', async () => {
    const [{ fields }] = (await read('permissions')).devices;
    expect(fields).to.include({ memory_used: 6012, utilization_gpu: 64, power_limit: 72 });
    expect(fields).not.to.have.any.keys(['serial', 'power_draw', 'current_ecc', 'utilization_decoder']);
  });

  it('keeps seven GPUs with their index where one of eight is lost', async () => {
    const { devices, lost } = await read('eight-gpus-one-lost');
    expect(devices.map(({ index, uuid }) => `${index} ${uuid.at(-1)}`)).to.deep.equal(
      ['0 0', '1 1', '2 2', '4 4', '5 5', '6 6', '7 7'], // index, and last digit of the UUID
    );
    expect(lost).to.deep.equal([
      { index: 3, kind: 'lost', reason: 'GPU 3: nvidia-smi says "GPU is lost" of it' },
    ]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { GpuFailure, type GpuFailureKind, type GpuReading } from '../../../agent/gpu/gpu-reader.ts';
import { NvmlReader } from '../../../agent/gpu/nvml/nvml-reader.ts';
import { fakeUuid } from '../../fakes/nvml/fake-nvml.ts';
import { EVERYTHING, type FakeDriver, TICK, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const EIGHT = 'set * devices 8';

async function failureOf(action: () => Promise<unknown>): Promise<GpuFailure> {
  try {
    await action();
  } catch (error) {
    if (error instanceof GpuFailure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

it('the NVML reader says not_installed where there is no driver library', async () => {
  const failure = await failureOf(() => new NvmlReader({ libraryPath: '/nowhere/libnvidia-ml.so.1' }).open());
  expect(failure.kind).to.equal('not_installed');
  expect(failure.message).to.include('/nowhere/libnvidia-ml.so.1 is not there');
});

it('the NVML reader says failed where the library is another one', async () => {
  const failure = await failureOf(() => new NvmlReader({ libraryPath: 'libc.so.6' }).open());
  expect(failure).to.include({ kind: 'failed', message: 'libc.so.6 is not NVML' });
});

describe(`the NVML reader on a faulty driver${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  const OPENING: readonly [directives: string[], kind: GpuFailureKind, words: string][] = [
    [['answer nvmlInit_v2 * 18'], 'driver_mismatch', 'another version than the kernel module'],
    [['answer nvmlInit_v2 * 9'], 'not_installed', 'kernel module is not loaded'],
    [['answer nvmlInit_v2 * 4'], 'permission', 'does not let this user'],
    [['answer nvmlInit_v2 * 999'], 'lost', 'unknown errors'],
    [['answer nvmlDeviceGetCount_v2 * 4'], 'permission', 'nvmlDeviceGetCount'],
    [['garbage codes'], 'failed', 'NVML code 4242'],
    [['garbage sizes'], 'failed', '2147483647 GPUs'],
    [['set * devices 0'], 'not_installed', 'knows no GPU'],
  ];
  for (const [directives, kind, words] of OPENING) {
    it(`says ${kind} at open where the driver says ${directives}, and opens once that is over`, async () => {
      driver().says(...directives);
      const reader = driver().reader();
      const failure = await failureOf(() => reader.open());
      expect(failure.kind).to.equal(kind);
      expect(failure.message).to.include(words);
      driver().says();
      await reader.open();
      expect((await reader.read(TICK)).devices).to.have.length(1);
    });
  }

  const READING: readonly [directives: string[], kind: GpuFailureKind, words: string][] = [
    [['set * generation 2', 'answer nvmlInit_v2 * 9'], 'failed', 'loaded anew'],
    [['answer * * 9'], 'not_installed', 'kernel module is not loaded'],
    [['answer * * 18'], 'driver_mismatch', 'another version'],
    [['lost *'], 'lost', 'all 8 GPUs: the GPU fell off the bus'],
    [['answer * * 16'], 'lost', 'has to be reset'],
    [['answer * * 999'], 'lost', 'unknown errors only'],
    [['answer * * 4'], 'permission', 'does not let this user'],
    [['garbage codes'], 'failed', 'NVML code 4242'],
  ];
  for (const [directives, kind, words] of READING) {
    it(`says ${kind} where an open driver says ${directives}, and reads on once that is over`, async () => {
      driver().says(EIGHT);
      const reader = await driver().opened();
      await reader.read(EVERYTHING);
      driver().says(EIGHT, ...directives);
      const failure = await failureOf(() => reader.read(EVERYTHING));
      expect(failure.kind).to.equal(kind);
      expect(failure.message).to.include(words);
      driver().says(EIGHT);
      expect((await reader.read(EVERYTHING)).devices).to.have.length(8);
    });
  }

  it('reads on after the driver was loaded anew: the one reading that saw it fails', async () => {
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    driver().says('set * generation 2', 'set 0 temperature 33');
    expect((await failureOf(() => reader.read(TICK))).message).to.include('loaded anew');
    expect((await reader.read(TICK)).devices[0]?.fields.temperature_gpu).to.equal(33);
  });

  const LOSSES: readonly [directive: string, kind: GpuFailureKind][] = [
    ['lost 3', 'lost'],
    ['answer * 3 16', 'lost'],
    ['answer * 3 999', 'lost'],
    ['answer * 3 4', 'permission'],
    ['answer nvmlDeviceGetTotalEnergyConsumption 3 15', 'lost'],
  ];
  for (const [directive, kind] of LOSSES) {
    it(`names GPU 3 as lost (${kind}) and reads the seven others where the driver says ${directive}`, async () => {
      driver().says(EIGHT);
      const reader = await driver().opened();
      await reader.read(EVERYTHING);
      driver().says(EIGHT, directive);
      const { devices, lost } = await reader.read(EVERYTHING);
      expect(devices.map(({ index }) => index)).to.deep.equal([0, 1, 2, 4, 5, 6, 7]);
      expect(devices.every(({ fields }) => fields.temperature_gpu !== undefined)).to.equal(true);
      expect(lost.map(({ index, uuid, kind: of }) => ({ index, uuid, of }))).to.deep.equal([
        { index: 3, uuid: fakeUuid(3), of: kind },
      ]);
      driver().says(EIGHT);
      expect((await reader.read(TICK)).lost, 'until the next full reading').to.have.length(1);
      const back = await reader.read(EVERYTHING);
      expect([back.devices.length, back.lost.length]).to.deep.equal([8, 0]);
    });
  }

  it('opens the driver anew now and then while a GPU is lost, as only that may bring it back', async () => {
    driver().says('set * devices 2', 'lost 1');
    const reader = await driver().opened();
    for (let i = 0; i < 30; i++) await reader.read(EVERYTHING);
    const { devices, lost } = await reader.read(EVERYTHING);
    expect([devices.length, lost.length]).to.deep.equal([1, 1]);
    expect(devices[0], 'the first full reading of a new session').not.to.have.property('activity');
  });

  it('says nothing of a lost GPU that is not one of its own', async () => {
    driver().says(EIGHT, 'lost 3');
    const reader = await driver().opened({ devices: [fakeUuid(0)] });
    expect((await reader.read(TICK)).lost).to.deep.equal([]);
  });

  const DENIED: readonly [directive: string, ...fields: string[]][] = [
    ['answer nvmlDeviceGetTemperature 0 3', 'temperature_gpu'],
    ['answer nvmlDeviceGetUtilizationRates 0 999', 'utilization_gpu', 'utilization_memory'],
    ['answer nvmlDeviceGetPowerState 0 4', 'pstate'],
    ['answer nvmlDeviceGetMarginTemperature 0 10', 'temperature_gpu_tlimit'],
    ['answer nvmlDeviceGetTotalEnergyConsumption 0 3', 'energy'],
    ['answer nvmlDeviceGetSamples 0 999', 'power'],
    ['answer nvmlDeviceGetSerial 0 999', 'serial'],
    ['answer nvmlDeviceGetMigMode 0 999'],
    ['set 0 field_186 4294967295', 'power_draw'],
    ['set 0 utilization 4294967295', 'utilization_gpu'],
    ['set 0 utilization 101', 'utilization_gpu'],
    ['set 0 ecc_0_0_2 0x8000000000000000', 'ecc_errors_volatile_dram_correctable'],
    ['set 0 ecc_0_0_2 -1', 'ecc_errors_volatile_dram_correctable'],
    ['set 0 energy -1', 'energy'],
  ];
  for (const [directive, ...fields] of DENIED) {
    it(`omits ${fields.join(' and ') || 'nothing'} where the driver says ${directive}`, async () => {
      const before = 'set 0 field_186 70000';
      driver().says(before);
      const whole = namesIn(await (await driver().opened()).read(EVERYTHING));
      driver().says(before, directive);
      const names = namesIn(await (await driver().opened()).read(EVERYTHING));
      expect(whole.filter((name) => !names.includes(name))).to.deep.equal(fields);
    });
  }

  it('lets no sentinel through where every value is one', async () => {
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    driver().says('garbage values', 'process 0 C 4711 unknown 0 0');
    const [device] = (await reader.read(EVERYTHING)).devices;
    const numbers = Object.values(device?.fields ?? {}).filter((value) => typeof value === 'number');
    expect(numbers.filter((value) => value > 1e6 || value < -100)).to.deep.equal([]);
    expect(device?.fields).not.to.have.any.keys('utilization_gpu', 'memory_used', 'temperature_gpu');
    expect(device).not.to.have.property('energy');
    expect(device).not.to.have.property('power');
  });

  it('survives counts without sense: no samples, no processes, all else', async () => {
    const reader = await driver().opened();
    driver().says('garbage sizes');
    const [device] = (await reader.read(EVERYTHING)).devices;
    expect(device?.fields.temperature_gpu).to.equal(40);
    expect(device).not.to.have.any.keys('processes', 'power');
  });

  it('does not ask again for what a GPU does not support, until it is opened anew', async () => {
    driver().says('set 0 fan none');
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    driver().says('set 0 fan 55');
    expect((await reader.read(EVERYTHING)).devices[0]?.fields).not.to.have.property('fan_speed');
    await reader.open();
    expect((await reader.read(EVERYTHING)).devices[0]?.fields.fan_speed).to.equal(55);
  });

  it('a call that hangs holds its process, which can be killed', async () => {
    driver().says('hang nvmlDeviceGetPowerState');
    const { child, ended } = readInChild(driver());
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).to.equal('opened\n');
    child.kill('SIGKILL');
    expect(await ended).to.deep.equal({ signal: 'SIGKILL', said: 'opened\n' });
  });

  it('a call that crashes ends its process', async () => {
    driver().says('die nvmlDeviceGetPowerState');
    expect(await readInChild(driver()).ended).to.deep.equal({ signal: 'SIGABRT', said: 'opened\n' });
  });
});

/** Everything that the first GPU said, by name. */
function namesIn({ devices: [device] }: GpuReading): string[] {
  return [...Object.keys(device?.fields ?? {}), ...Object.keys(device ?? {})];
}

/** Opens and reads in a process of its own, which says how far it came. */
function readInChild({ path }: FakeDriver) {
  const reader = new URL('../../../agent/gpu/nvml/nvml-reader.ts', import.meta.url).href;
  const script = `const { NvmlReader } = await import('${reader}');
    const reader = new NvmlReader({ libraryPath: '${path}' });
    await reader.open();
    const { writeSync } = await import('node:fs');
    writeSync(1, 'opened\\n');
    await reader.read({ full: false, power: false, processes: false });
    writeSync(1, 'read\\n');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'close').then(([, signal]) => ({ signal: signal as string | null, said }));
  return { child, ended };
}

import { expect } from 'chai';
import { EVERYTHING, TICK, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const MIB = 1_048_576;
const DIVIDED = ['set 0 mig 2', `set 0 mig0_memory_used ${100 * MIB}`, `set 0 mig1_memory_used ${200 * MIB}`];

describe(`a GPU divided by MIG${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  it('tells the memory of each part', async () => {
    driver().says(...DIVIDED);
    const [device] = (await (await driver().opened()).read(EVERYTHING)).devices;
    expect(
      device?.mig.map(({ index, gpuInstance, computeInstance }) => [index, gpuInstance, computeInstance]),
    ).to.deep.equal([
      [0, 1, 0],
      [1, 2, 0],
    ]);
    expect(device?.mig.map(({ fields }) => fields.memory_fb_used)).to.deep.equal([100, 200]);
    expect(device?.mig[0]?.fields).to.include({ memory_bar1_total: 131_072, sram_uncorrectable: 0 });
  });

  it('tells the memory of a part at each reading, and what parts there are at full ones', async () => {
    driver().says(...DIVIDED);
    const reader = await driver().opened();
    await reader.read(EVERYTHING);
    driver().says('set 0 mig 3', `set 0 mig0_memory_used ${150 * MIB}`);
    const tick = (await reader.read(TICK)).devices[0]?.mig;
    expect(tick?.map(({ fields }) => fields.memory_fb_used)).to.deep.equal([150, 2048]);
    expect((await reader.read(EVERYTHING)).devices[0]?.mig).to.have.length(3);
    driver().says();
    expect((await reader.read(EVERYTHING)).devices[0]?.mig).to.deep.equal([]);
  });

  it('has no parts where it is not divided or cannot be', async () => {
    for (const says of [[], ['set 0 mig none']]) {
      driver().says(...says);
      expect((await (await driver().opened()).read(EVERYTHING)).devices[0]?.mig).to.deep.equal([]);
    }
  });

  const PROCESSES = [
    'process 0 C 71 100 1 0',
    'process 0 C 71 50 2 0',
    'process 0 C 72 7 2 0',
    'name 71 a',
    'name 72 b',
  ];

  const LISTED = [
    { pid: 71, name: 'a', type: 'C', usedMemoryMib: 150 },
    { pid: 72, name: 'b', type: 'C', usedMemoryMib: 7 },
  ];

  it('lists the processes of the whole, one on two parts with their sum', async () => {
    driver().says(...DIVIDED, ...PROCESSES, 'answer nvmlDeviceGetComputeRunningProcesses_v3 0/1 4');
    const listed = (await (await driver().opened()).read(EVERYTHING)).devices[0]?.processes;
    expect(listed).to.deep.equal(LISTED);
  });

  it('lists those of its parts where the whole is for the privileged', async () => {
    driver().says(
      ...DIVIDED,
      ...PROCESSES,
      'answer nvmlDeviceGetComputeRunningProcesses_v3 0 4',
      'answer nvmlDeviceGetGraphicsRunningProcesses_v3 0 4',
    );
    const listed = (await (await driver().opened()).read(EVERYTHING)).devices[0]?.processes;
    expect(listed).to.deep.equal(LISTED);
  });
});

import { expect } from 'chai';
import { TICK, UNLESS_BUILT, withFakeDriver } from './fake-driver.ts';

const PROCESSES = { ...TICK, processes: true };
const NOBODY = 4_000_000_000;

describe(`the processes that NVML tells of${UNLESS_BUILT}`, function () {
  const driver = withFakeDriver(this);

  const CASES: readonly [title: string, directives: string[], expected: object[]][] = [
    [
      'computes',
      ['process 0 C 71 512 0 0', 'name 71 python3'],
      [{ pid: 71, name: 'python3', type: 'C', usedMemoryMib: 512 }],
    ],
    [
      'draws',
      ['process 0 G 71 30 0 0', 'name 71 Xorg'],
      [{ pid: 71, name: 'Xorg', type: 'G', usedMemoryMib: 30 }],
    ],
    [
      'computes and draws, its memory counted once',
      ['process 0 C 71 512 0 0', 'process 0 G 71 512 0 0', 'name 71 game'],
      [{ pid: 71, name: 'game', type: 'C+G', usedMemoryMib: 512 }],
    ],
    [
      'has memory that the driver does not tell',
      ['process 0 C 71 unknown 0 0', 'name 71 a'],
      [{ pid: 71, name: 'a', type: 'C' }],
    ],
    [
      'nobody can name',
      [`process 0 C ${NOBODY} 5 0 0`],
      [{ pid: NOBODY, name: 'unknown', type: 'C', usedMemoryMib: 5 }],
    ],
    ['is on another GPU', ['set * devices 2', 'process 1 C 71 5 0 0'], []],
  ];
  for (const [title, directives, expected] of CASES) {
    it(`list one that ${title}`, async () => {
      driver().says(...directives);
      const [device] = (await (await driver().opened()).read(PROCESSES)).devices;
      expect(device?.processes).to.deep.equal(expected);
    });
  }

  it('take their name from the kernel where the driver does not say', async () => {
    driver().says(`process 0 C ${process.pid} 5 0 0`);
    const [device] = (await (await driver().opened()).read(PROCESSES)).devices;
    expect(device?.processes?.[0]?.name).to.match(/^\S/).and.not.equal('unknown');
  });

  it('are listed all, also where they are more than room was made for', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `process 0 C ${1000 + i} 1 0 0`);
    driver().says(...many);
    const reader = await driver().opened();
    for (const _ of [1, 2]) {
      const [device] = (await reader.read(PROCESSES)).devices;
      expect(device?.processes).to.have.length(300);
      expect(device?.processes?.at(-1)).to.deep.include({ pid: 1299, usedMemoryMib: 1 });
    }
  });

  it('are absent, not none, where the driver does not let us see them', async () => {
    driver().says(
      'answer nvmlDeviceGetComputeRunningProcesses_v3 0 4',
      'answer nvmlDeviceGetGraphicsRunningProcesses_v3 0 4',
    );
    const [device] = (await (await driver().opened()).read(PROCESSES)).devices;
    expect(device).not.to.have.property('processes');
  });

  it('are named anew when a pid comes back as another program', async () => {
    const reader = await driver().opened();
    const names: (string | undefined)[] = [];
    for (const says of [
      ['process 0 C 71 5 0 0', 'name 71 old'],
      [],
      [],
      ['process 0 C 71 5 0 0', 'name 71 new'],
    ]) {
      driver().says(...says);
      names.push((await reader.read(PROCESSES)).devices[0]?.processes?.[0]?.name);
    }
    expect(names).to.deep.equal(['old', undefined, undefined, 'new']);
  });
});

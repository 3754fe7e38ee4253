import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GpuFailure, type GpuFailureKind } from '../../../agent/gpu/gpu-reader.ts';
import { NvidiaSmiReader } from '../../../agent/gpu/nvidia-smi/nvidia-smi-reader.ts';
import {
  FakeNvidiaSmi,
  type FakeSmiAnswer,
  readCapture,
  type SmiMode,
} from '../../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { rejectionOf } from '../../fakes/rejection.ts';

const REQUEST = { full: false, power: false, processes: true };
const SEVEN = [0, 1, 2, 4, 5, 6, 7];
const uuid = (index: number) => `GPU-88888888-0000-0000-0000-00000000000${index}`;

describe('NvidiaSmiReader', () => {
  let fake: FakeNvidiaSmi;
  let reader: NvidiaSmiReader;
  beforeEach(() => {
    fake = new FakeNvidiaSmi().enterPath();
    reader = new NvidiaSmiReader();
  });
  afterEach(() => {
    reader.close();
    fake.remove();
  });

  const faults: readonly (readonly [string, SmiMode | FakeSmiAnswer, GpuFailureKind, RegExp])[] = [
    [
      'two versions',
      'driver_mismatch',
      'driver_mismatch',
      /versions.*"Failed to initialize NVML: Driver\/library/,
    ],
    ['no driver', 'no_driver', 'not_installed', /no NVIDIA driver is loaded/],
    ['no permission', 'no_permission', 'permission', /not for this user or container/],
    ['no devices', 'no_devices', 'lost', /"No devices were found"/],
    ['the only GPU lost', 'all_lost', 'lost', /GPU is lost/],
    ['a crash', 'crash', 'failed', /it failed \(139\) \("Segmentation fault/],
    ['garbage', 'garbage', 'failed', /holds no GPU/],
    ['silence', 'empty', 'failed', /holds no GPU/],
    ['an endless answer', 'endless', 'failed', /more than any machine has to say/],
    ['exit code 12 alone', { exitCode: 12 }, 'not_installed', /it failed \(12\)/],
    [
      'a missing library',
      { stderr: 'libnvidia-ml.so: cannot open', exitCode: 1 },
      'not_installed',
      /runtime/,
    ],
    [
      'a container that lost its devices',
      { stdout: 'Failed to initialize NVML: Unknown Error\n', exitCode: 255 },
      'permission',
      /restart/,
    ],
    ['a GPU off the bus', { stdout: 'GPU 0: fallen off the bus\n', exitCode: 15 }, 'lost', /lost/],
    ['no GPU', { stdout: '<nvidia_smi_log></nvidia_smi_log>' }, 'failed', /holds no GPU/],
    ['what is not XML', { stdout: '<nvidia_smi_log><gpu></a></gpu></nvidia_smi_log>' }, 'failed', /not XML/],
    ['half an answer', { stdout: readCapture('h100-busy').slice(0, 5000) }, 'failed', /holds no GPU/],
    [
      'Unknown Error all over',
      { stdout: everywhere('v11-t4', 'Unknown Error') },
      'lost',
      /"Unknown Error" of it/,
    ],
    [
      'N/A all over',
      { stdout: everywhere('v11-t4', 'N/A') },
      'failed',
      /GPU 0: nvidia-smi tells nothing of it/,
    ],
    ['two GPUs lost', { stdout: everywhere('h100-two-gpus', 'GPU is lost') }, 'lost', /^all 2 GPUs: GPU 0: /],
  ];
  for (const [name, answer, kind, message] of faults) {
    it(`calls ${name} ${kind}, and recovers`, async () => {
      fake.answer(answer);
      const failure = await rejectionOf(reader.open());
      expect(failure).to.be.instanceOf(GpuFailure).with.property('kind', kind);
      expect(failure.message).to.match(message);
      fake.answer('healthy');
      expect((await reader.read(REQUEST)).devices).to.have.length(8);
      expect(fake.running()).to.deep.equal([]);
    });
  }

  it('says that the program is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-nvidia-smi-'));
    const before = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      const failure = await rejectionOf(reader.open());
      expect(failure).to.include({ kind: 'not_installed' });
      expect(failure.message).to.equal('nvidia-smi: the program is not on the PATH');
      writeFileSync(join(folder, 'nvidia-smi'), '', { mode: 0o600 });
      expect(await rejectionOf(reader.open())).to.include({ kind: 'permission' });
    } finally {
      process.env['PATH'] = before;
      rmSync(folder, { recursive: true });
    }
  });

  it('asks once a reading, and once more where node-nvidia-smi gave up for the first time', async () => {
    await reader.read(REQUEST);
    expect(fake.calls().map(({ args }) => args)).to.deep.equal(['-q -x']);
    fake.answer('warning');
    await reader.read(REQUEST);
    expect(fake.calls()).to.have.length(3);
    await reader.read(REQUEST);
    expect(fake.calls()).to.have.length(4);
  });

  const nearlyXml: readonly (readonly [string, (xml: string) => string])[] = [
    ['clocks that are not well formed', (xml) => xml.replace(/<\/value>/g, '')],
    ['a process name with characters of XML', (xml) => xml.replace('python3', 'a <b> && c')],
    ['words before the log', (xml) => `WARNING: infoROM is corrupted\n${xml}`],
    ['words between the GPUs', (xml) => xml.replaceAll('<gpu id', 'WARNING: slow answer\n<gpu id')],
    ['words after the log', (xml) => `${xml}\nWARNING: infoROM is corrupted\n`],
  ];
  for (const [name, change] of nearlyXml) {
    it(`reads on with ${name}`, async () => {
      fake.answer({ stdout: readCapture('h100-busy') });
      const { devices } = await reader.read({ ...REQUEST, processes: false });
      fake.answer({ stdout: change(readCapture('h100-busy')) });
      expect((await reader.read({ ...REQUEST, processes: false })).devices).to.deep.equal(devices);
    });
  }

  it('gives processes only when asked', async () => {
    expect((await reader.read(REQUEST)).devices[0].processes).to.have.length(1);
    const without = await reader.read({ ...REQUEST, processes: false });
    expect(without.devices[0]).not.to.have.property('processes');
  });

  const losses: readonly (readonly [name: string, FakeSmiAnswer | SmiMode, reason: RegExp])[] = [
    ['says so', 'one_lost', /says "GPU is lost"/],
    ['is complained of', 'one_gone', /Unable to determine the device handle for GPU3/],
    [
      'is complained of by address',
      goneWith('Unable to determine the device handle for GPU 0000:61:00.0: GPU is lost'),
      /61:00/,
    ],
    [
      'is complained of by number',
      goneWith('Unable to determine the device handle for GPU3: Unknown Error'),
      /GPU3/,
    ],
    ['silently vanishes', { stdout: readCapture('eight-gpus-one-gone') }, /missing in the answer/],
    ['makes the program fail', { ...goneWith(''), exitCode: 15 }, /missing in the answer/],
  ];
  for (const [name, answer, reason] of losses) {
    it(`keeps seven GPUs and their indexes where one ${name}, and takes it back`, async () => {
      await reader.open();
      fake.answer(answer);
      const { devices, lost } = await reader.read(REQUEST);
      expect(devices.map(({ index }) => index)).to.deep.equal(SEVEN);
      expect(devices.map((device) => device.uuid)).to.deep.equal(SEVEN.map(uuid));
      expect(lost).to.have.length(1);
      expect(lost[0]).to.include({ index: 3, kind: 'lost' });
      expect(lost[0].reason).to.match(reason);
      fake.answer('healthy');
      const back = await reader.read(REQUEST);
      expect([back.devices.length, back.lost.length]).to.deep.equal([8, 0]);
    });
  }

  it('knows the UUID of a lost GPU that it has seen', async () => {
    await reader.open();
    fake.answer('one_lost');
    expect((await reader.read(REQUEST)).lost[0].uuid).to.equal(uuid(3));
  });

  it('forgets the GPUs it has seen when opened anew', async () => {
    await reader.open();
    fake.answer({ stdout: readCapture('v11-t4') });
    await reader.open();
    const { devices, lost } = await reader.read(REQUEST);
    expect([devices.length, lost.length]).to.deep.equal([1, 0]);
  });

  it('reads only the GPUs it is told to, in sickness and in health', async () => {
    const ours = new NvidiaSmiReader({ devices: [uuid(3), uuid(6)] });
    const healthy = await ours.read(REQUEST);
    expect(healthy.devices.map(({ index }) => index)).to.deep.equal([3, 6]);
    fake.answer('one_lost');
    const sick = await ours.read(REQUEST);
    expect([...sick.devices, ...sick.lost].map(({ index }) => index)).to.deep.equal([6, 3]);
    const others = await new NvidiaSmiReader({ devices: [uuid(1)] }).read(REQUEST);
    expect([others.devices.length, others.lost.length]).to.deep.equal([1, 0]);
  });

  it('names the GPUs it was told to read that are not there', async () => {
    const [some, none] = [[uuid(1), 'GPU-elsewhere'], ['GPU-elsewhere']];
    const { notes } = await new NvidiaSmiReader({ devices: some }).read(REQUEST);
    expect(notes).to.include('gpu.devices: GPU-elsewhere is not among the GPUs that the driver shows');
    const failure = await rejectionOf(new NvidiaSmiReader({ devices: none }).open());
    expect(failure.message).to.match(/none of gpu\.devices/);
  });

  it('says the same in its notes however often the program warns of something else', async () => {
    await reader.open();
    fake.answer({ stdout: readCapture('eight-gpus'), stderr: 'WARNING: one\n' });
    const first = await reader.read(REQUEST);
    fake.answer({ stdout: readCapture('eight-gpus'), stderr: 'WARNING: two\n' });
    expect((await reader.read(REQUEST)).notes).to.deep.equal(first.notes);
    expect(first.notes[0]).to.match(/no utilization samples.*need NVML/);
    expect(first.notes[1]).to.equal('nvidia-smi warned: WARNING: one');
  });

  for (const mode of ['hang', 'stubborn_hang'] as const) {
    it(`leaves no process behind when closed during a ${mode} that it asked for directly`, async () => {
      fake.answer('empty');
      await rejectionOf(reader.open());
      fake.answer(mode);
      const reading = reader.read(REQUEST);
      while (fake.running().length === 0) await new Promise((resolve) => setImmediate(resolve));
      reader.close();
      expect(await rejectionOf(reading))
        .to.be.instanceOf(GpuFailure)
        .with.property('kind', 'failed');
      while (fake.running().length > 0) await new Promise((resolve) => setImmediate(resolve));
      fake.answer('healthy');
      expect((await reader.read(REQUEST)).devices).to.have.length(8);
    });
  }
});

/** A capture in which every text of a GPU is the same. */
function everywhere(capture: string, text: string): string {
  const [head, ...gpus] = readCapture(capture).split(/(?=<gpu )/);
  return [head, ...gpus.map((gpu) => gpu.replace(/>[^<>\n]+</g, `>${text}<`))].join('');
}

function goneWith(stderr: string): FakeSmiAnswer {
  return { stdout: readCapture('eight-gpus-one-gone'), ...(stderr !== '' && { stderr: `${stderr}\n` }) };
}

import { dirname } from 'node:path';
import { expect } from 'chai';
import { GpuFailure } from '../../agent/gpu/gpu-reader.ts';
import { SourceChoice, type SourceChoiceOptions } from '../../agent/gpu/source-choice.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { FakeNvidiaSmi, type SmiMode } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { buildFakeNvml, controlFakeNvml, fakeUuid } from '../fakes/nvml/fake-nvml.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { readerProcesses } from './process-table.ts';

const REQUEST = { full: true, power: false, processes: false };
const NEVER = new AbortController().signal;

describe('choice of the GPU source', function () {
  this.timeout(60_000);
  let library: string;
  let program: FakeNvidiaSmi;
  let clock: ManualClock;
  let log: SilentLogger;
  let choice: SourceChoice;

  before(function () {
    const built = buildFakeNvml();
    if (built === undefined) return this.skip();
    library = built;
  });
  beforeEach(() => {
    clock = new ManualClock();
    log = new SilentLogger();
    program = new FakeNvidiaSmi();
    controlFakeNvml(library, []);
  });
  afterEach(async () => {
    await choice.stop(AbortSignal.timeout(2000));
    program.remove();
  });

  function choose(options: Partial<SourceChoiceOptions> = {}): SourceChoice {
    const environment = { LD_LIBRARY_PATH: dirname(library), PATH: program.path };
    choice = new SourceChoice({
      source: 'auto',
      hasDriver: () => true,
      clock,
      log,
      child: { environment },
      ...options,
    });
    return choice;
  }

  /** What became of one reading: the source and why, or the failure. */
  async function read(): Promise<string> {
    try {
      const reading = await choice.read(REQUEST, NEVER);
      return `${choice.source ?? 'none'}, ${reading?.devices.length ?? 0} GPUs: ${choice.reason}`;
    } catch (error) {
      if (error instanceof GpuFailure) return error.kind;
      throw error;
    }
  }

  const cases: readonly [string, readonly string[], SmiMode, RegExp][] = [
    ['takes NVML where it can be opened', [], 'healthy', /^nvml, 1 GPUs: NVML can be opened$/],
    [
      'takes nvidia-smi where it cannot, and says why',
      ['answer nvmlInit_v2 * 999'],
      'healthy',
      /^nvidia-smi, 8 GPUs: NVML cannot be opened: .+ 999\)$/,
    ],
    ['takes nvidia-smi where the library crashes', ['die nvmlInit_v2'], 'healthy', /^nvidia-smi, .+SIGABRT/],
    [
      'says what is wrong with NVML where neither works',
      ['answer nvmlInit_v2 * 18'],
      'no_driver',
      /^driver_mismatch$/,
    ],
    [
      'says what is wrong with nvidia-smi where there is no library',
      ['answer nvmlInit_v2 * 9'],
      'no_permission',
      /^permission$/,
    ],
  ];
  for (const [title, directives, mode, expected] of cases) {
    it(title, async () => {
      choose();
      controlFakeNvml(library, directives);
      program.answer(mode);
      expect(await read()).to.match(expected);
    });
  }

  it('does not ask nvidia-smi where the driver hangs: it would hang too', async () => {
    choose();
    controlFakeNvml(library, ['hang nvmlInit_v2']);
    const reading = read();
    const step = setInterval(() => clock.advance(5000), 100);
    expect(await reading).to.equal('hung');
    clearInterval(step);
    expect(program.calls()).to.deep.equal([]);
  });

  it('tries NVML again after 5 min, and lets nvidia-smi go', async () => {
    choose();
    controlFakeNvml(library, ['answer nvmlInit_v2 * 9']);
    expect(await read()).to.match(/^nvidia-smi/);
    controlFakeNvml(library, []);
    await clock.advance(299_000);
    expect(await read()).to.match(/^nvidia-smi/);
    await clock.advance(2000);
    expect(await read()).to.match(/^nvml/);
    expect(readerProcesses()).to.have.length(1);
    expect(log.lines).to.deep.equal([
      'warn the GPUs are read by nvidia-smi',
      'info the GPUs are read by nvml',
    ]);
  });

  it('keeps to the source that the config names', async () => {
    choose({ source: 'nvml' });
    controlFakeNvml(library, ['answer nvmlInit_v2 * 9']);
    expect(await read()).to.equal('not_installed');
    expect(program.calls()).to.deep.equal([]);
  });

  it('starts nothing where there is no driver, and reads once one was loaded', async () => {
    let isThere = false;
    choose({ hasDriver: () => isThere });
    expect(await read()).to.equal('none, 0 GPUs: no NVIDIA driver found');
    expect(readerProcesses()).to.deep.equal([]);
    isThere = true;
    expect(await read()).to.match(/^nvml, 1 GPUs/);
    isThere = false;
    expect(await read(), 'a driver that was there is not forgotten').to.match(/^nvml, 1 GPUs/);
  });

  it('reads the GPUs that the config names only', async () => {
    choose({ devices: [fakeUuid(2)] });
    controlFakeNvml(library, ['set * devices 4']);
    const reading = await choice.read(REQUEST, NEVER);
    expect(reading?.devices.map(({ uuid }) => uuid)).to.deep.equal([fakeUuid(2)]);
  });
});

import { dirname } from 'node:path';
import { expect } from 'chai';
import { SystemClock } from '../../agent/core/clock.ts';
import { GpuChild } from '../../agent/gpu/gpu-child.ts';
import { GpuFailure, type GpuSource } from '../../agent/gpu/gpu-reader.ts';
import { GpuSupervisor } from '../../agent/gpu/gpu-supervisor.ts';
import { startGroup } from '../../agent/gpu/process-group.ts';
import { FakeNvidiaSmi } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { buildFakeNvml, controlFakeNvml } from '../fakes/nvml/fake-nvml.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { poll } from '../poll.ts';
import { membersOf, readerProcesses } from './process-table.ts';

const EVERYTHING = { full: true, power: true, processes: true };
const HANGS = 'hang nvmlDeviceGetUtilizationRates';
const NEVER = new AbortController().signal;

describe('supervision of the GPU reader', function () {
  this.timeout(60_000);
  let library: string;
  let program: FakeNvidiaSmi;
  let supervisor: GpuSupervisor;

  before(function () {
    const built = buildFakeNvml();
    if (built === undefined) return this.skip();
    library = built;
  });
  beforeEach(() => {
    controlFakeNvml(library, []);
    program = new FakeNvidiaSmi();
  });
  afterEach(async () => {
    await supervisor.stop(AbortSignal.timeout(2000));
    program.remove();
  });

  function supervise(source: GpuSource): GpuSupervisor {
    const environment = { LD_LIBRARY_PATH: dirname(library), PATH: program.path };
    const deadlines = { openMs: 20_000, readMs: 1500 };
    supervisor = new GpuSupervisor({
      source,
      clock: new SystemClock(),
      log: new SilentLogger(),
      deadlines,
      environment,
    });
    return supervisor;
  }

  async function read(): Promise<number> {
    await supervisor.open(NEVER);
    return (await supervisor.read(EVERYTHING, NEVER)).devices.length;
  }

  async function failureOf(work: Promise<unknown>): Promise<GpuFailure> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof GpuFailure)) throw new Error(`expected a GpuFailure, got ${error}`);
    return error;
  }

  it('passes a whole reading through, with its typed arrays', async () => {
    supervise('nvml');
    await supervisor.open(NEVER);
    const [device] = (await supervisor.read(EVERYTHING, NEVER)).devices;
    expect(device.power?.watts).to.be.instanceOf(Float64Array);
    expect(device.power?.agoMs).to.have.length(device.power?.watts.length ?? 0);
  });

  it('ends a driver call that hangs, calls it hung, and reads again once the driver is back', async () => {
    supervise('nvml');
    expect(await read()).to.equal(1);
    const [reader] = readerProcesses();
    controlFakeNvml(library, [HANGS]);
    const { kind, message } = await failureOf(read());
    expect({ kind, message }).to.deep.equal({ kind: 'hung', message: 'nvml gave no answer within 1.5 s' });
    await poll('the group is gone', async () => membersOf(reader.group).length === 0 || undefined);
    controlFakeNvml(library, []);
    expect(await read()).to.equal(1);
    expect(supervisor.starts).to.equal(2);
  });

  it('leaves no nvidia-smi behind that hangs and does not listen', async () => {
    supervise('nvidia-smi');
    expect(await read()).to.equal(8);
    const [reader] = readerProcesses();
    program.answer('stubborn_hang');
    expect((await failureOf(read())).kind).to.equal('hung');
    expect(program.calls().length).to.be.greaterThan(1);
    await poll('no nvidia-smi runs', async () => program.running().length === 0 || undefined);
    await poll('the group is gone', async () => membersOf(reader.group).length === 0 || undefined);
  });

  it('survives a crash of the driver library, and says how the process ended', async () => {
    supervise('nvml');
    controlFakeNvml(library, ['die nvmlDeviceGetUtilizationRates']);
    const { kind, message } = await failureOf(read());
    expect({ kind, message }).to.deep.equal({
      kind: 'failed',
      message: 'the process that reads the GPUs ended by itself (SIGABRT)',
    });
    controlFakeNvml(library, []);
    expect(await read()).to.equal(1);
  });

  it('tells at the next reading that the process ended in between', async () => {
    supervise('nvml');
    await read();
    const [reader] = readerProcesses();
    process.kill(reader.pid, 'SIGKILL');
    await poll('it is gone', async () => membersOf(reader.group).length === 0 || undefined);
    expect((await failureOf(read())).message).to.contain('SIGKILL');
    expect(await read()).to.equal(1);
  });

  it('stops in order, and leaves no process', async () => {
    supervise('nvml');
    await read();
    const [reader] = readerProcesses();
    await supervisor.stop(AbortSignal.timeout(2000));
    expect(membersOf(reader.group)).to.deep.equal([]);
  });

  it('stops within the deadline while a driver call hangs', async () => {
    supervise('nvml');
    await read();
    const [reader] = readerProcesses();
    controlFakeNvml(library, [HANGS]);
    const stopping = new AbortController();
    const reading = failureOf(supervisor.read(EVERYTHING, stopping.signal));
    stopping.abort();
    expect((await reading).message).to.equal('the reading of the GPUs was broken off');
    await supervisor.stop(AbortSignal.timeout(2000));
    await poll('the group is gone', async () => membersOf(reader.group).length === 0 || undefined);
  });

  it('logs 20 lines of what a process writes on standard error', async () => {
    supervise('simulated');
    const log = new SilentLogger();
    const child = new GpuChild(startGroup(new URL('./noisy-program.ts', import.meta.url), []), log);
    expect(await child.reply()).to.deep.equal({ kind: 'opened' });
    child.dismiss();
    await child.ended;
    expect(log.lines).to.deep.equal(Array.from({ length: 20 }, () => 'warn the GPU reader wrote an error'));
  });
});

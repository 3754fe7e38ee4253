import { dirname } from 'node:path';
import { expect } from 'chai';
import type { AgentStatus } from '../../agent/core/status.ts';
import { hasNvidiaDriver } from '../../agent/gpu/driver-presence.ts';
import { buildFakeNvml, controlFakeNvml, fakeUuid, NO_COMPILER } from '../fakes/nvml/fake-nvml.ts';
import { membersOf, privateMiB, type RunningProcess, readerProcesses } from '../gpu/process-table.ts';
import { poll } from '../poll.ts';
import { AgentProcess } from './agent-process.ts';

interface PointRow {
  readonly tags: Readonly<Record<string, string>>;
}

const FAST = { INFERMETER_INTERVAL: '1s', INFERMETER_GPU__INTERVAL: '200ms' };
const MAX_PRIVATE_MIB = 15;

describe('GPUs of the built program', function () {
  this.timeout(60_000);
  let agent: AgentProcess;
  const started: AgentProcess[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) await one.dispose();
  });

  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    agent = await AgentProcess.create({ ...FAST, ...env });
    started.push(agent);
    await agent.start();
  }

  /** With a fake driver of `count` GPUs; gives the path of its library. */
  async function startWithDriver(count: number): Promise<string | undefined> {
    const library = buildFakeNvml();
    if (library === undefined) return undefined;
    controlFakeNvml(library, [`set * devices ${count}`]);
    await start({ INFERMETER_GPU__SOURCE: 'nvml', LD_LIBRARY_PATH: dirname(library) });
    return library;
  }

  function statusWhere(what: string, holds: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    return poll(
      what,
      async () => {
        const status = await agent.status();
        return holds(status) ? status : undefined;
      },
      30_000,
    );
  }

  async function reader(): Promise<RunningProcess> {
    await statusWhere('GPUs are read', ({ gpu }) => gpu.devices.length > 0);
    return readerProcesses(agent.pid)[0];
  }

  function rowsOf(measurement: string): Promise<readonly PointRow[]> {
    return poll(`there are points of ${measurement}`, async () => {
      const answer = await fetch(`${agent.httpUrl}/api/v1/points?measurement=${measurement}`);
      const { rows } = (await answer.json()) as { rows: readonly PointRow[] };
      return rows.length > 0 ? rows : undefined;
    });
  }

  it('reads them in a process of at most 15 MiB of its own', async function () {
    if ((await startWithDriver(1)) === undefined) return skip(this, NO_COMPILER);
    const { pid } = await reader();
    const { gpu } = await agent.status();
    expect(gpu).to.include({ source: 'nvml', reason: 'gpu.source is nvml', restarts: 0 });
    expect(gpu.devices.map(({ uuid }) => uuid)).to.deep.equal([fakeUuid(0)]);
    await rowsOf('nvidia_smi');
    expect(privateMiB(pid)).to.be.lessThan(MAX_PRIVATE_MIB);
  });

  it('goes on without them while the driver hangs, says so, and reads again once it answers', async function () {
    const library = await startWithDriver(2);
    if (library === undefined) return skip(this, NO_COMPILER);
    await reader();
    controlFakeNvml(library, ['set * devices 2', 'hang nvmlDeviceGetUtilizationRates']);
    const { degraded, gpu } = await statusWhere('it hangs', (status) => status.gpu.failure !== undefined);
    expect(gpu).to.include({ failure: 'hung', reason: 'nvml gave no answer within 5 s' });
    expect(degraded.map(({ component }) => component)).to.include('sampler:gpu');
    expect((await fetch(`${agent.httpUrl}/readyz`)).status).to.equal(200);
    controlFakeNvml(library, ['set * devices 2']);
    const { gpu: after } = await statusWhere('it is back', (status) => status.gpu.devices.length === 2);
    expect(after).not.to.have.property('failure');
    expect(after.restarts).to.be.greaterThan(0);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`leaves no process behind on ${signal}`, async function () {
      if ((await startWithDriver(1)) === undefined) return skip(this, NO_COMPILER);
      const { group } = await reader();
      await agent.end(signal);
      await poll('the group is gone', async () => membersOf(group).length === 0 || undefined);
    });
  }

  it('marks every simulated figure', async () => {
    await start({ INFERMETER_GPU__SOURCE: 'simulated' });
    for (const measurement of ['nvidia_smi', 'nvidia_smi_process']) {
      const rows = await rowsOf(measurement);
      expect(new Set(rows.map(({ tags }) => tags['simulated']))).to.deep.equal(new Set(['true']));
    }
  });

  it('is not degraded by a machine without a GPU', async function () {
    if (hasNvidiaDriver('/', process.env['PATH'] ?? '')) return skip(this, 'this machine has a driver');
    await start({});
    const { gpu, degraded, samplers } = await agent.status();
    expect(gpu).to.include({ source: 'none', reason: 'no NVIDIA driver found' });
    expect(degraded).to.deep.equal([]);
    expect(samplers.map(({ name }) => name)).to.deep.equal(['host']);
  });
});

function skip(context: Mocha.Context, reason: string): void {
  console.log(`      skipped: ${reason}`);
  context.skip();
}

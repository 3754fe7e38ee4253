import { expect } from 'chai';
import type { FieldsOf } from '../../agent/core/point.ts';
import { HostSampler } from '../../agent/host/host-sampler.ts';
import type { MemoryReading } from '../../agent/host/memory-reading.ts';
import type { Watch } from '../../agent/host/process-finder.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { ProcTree, processFiles } from './proc-tree.ts';

const LONG_NAME = { name: 'tritonserver-lo', program: '/opt/tritonserver-long-name' };
const MEMORY: MemoryReading = { totalBytes: 1000, availableBytes: 600, usedBytes: 400, swapUsedBytes: 5 };

describe('HostSampler', () => {
  let tree: ProcTree;
  let clock: ManualClock;
  beforeEach(() => {
    tree = new ProcTree();
    clock = new ManualClock();
  });
  afterEach(() => tree.dispose());

  function createSampler(watch?: Watch): HostSampler {
    return new HostSampler({
      clock,
      intervalMs: 10_000,
      tags: { host: 'h', instance: 'i', zone: 'z' },
      root: tree.root,
      readMemory: async () => MEMORY,
      ...(watch && { watch }),
    });
  }

  async function fieldsOf(sampler: HostSampler): Promise<FieldsOf<'host'>> {
    const points = await sampler.sample(clock.wallMs());
    expect(points).to.have.length(1);
    return JSON.parse(JSON.stringify(points[0].fields));
  }

  it('reads a recorded machine and sums the processes of one name', async () => {
    const sampler = createSampler({ name: 'model-server' });
    tree.replay('python-server/first');
    const first = await fieldsOf(sampler);
    expect(first).to.have.property('load_1m').that.is.a('number');
    expect({ ...first, load_1m: 0 }).to.deep.equal({
      cpu_cores: 2,
      load_1m: 0,
      memory_total_bytes: 1000,
      memory_used_bytes: 400,
      memory_available_bytes: 600,
      swap_used_bytes: 5,
      process_count: 2,
      process_memory_rss_bytes: (9712 + 7812) * 1024,
      process_threads: 4,
      process_open_files: 16,
      process_uptime_seconds: 3174.01 - 3172.49,
    });

    tree.replay('python-server/second');
    await clock.advance(2000);
    const second = await fieldsOf(sampler);
    expect(second.cpu_ratio).to.be.closeTo(311 / 428, 1e-9);
    expect(second.process_cpu_ratio).to.be.closeTo(0.22, 1e-9);
    expect(second.process_uptime_seconds).to.be.closeTo(3176.16 - 3172.49, 1e-9);
    expect(sampler.degradations()).to.deep.equal([]);
  });

  it('stamps its point with the base tags and the time it is given', async () => {
    tree.replay('python-server/first');
    const [point] = await createSampler().sample(1234);
    expect(point.timestampMs).to.equal(1234);
    expect(point.series.measurement).to.equal('host');
    expect(point.series.tags).to.deep.equal({ host: 'h', instance: 'i', zone: 'z' });
  });

  it('reads what libuv knows where there is no /proc', async () => {
    const sampler = createSampler();
    const fields = await fieldsOf(sampler);
    expect(fields.cpu_cores).to.be.greaterThan(0);
    expect(fields).not.to.have.any.keys('process_count', 'cgroup_memory_used_bytes', 'cpu_ratio');
  });

  it('rejects where memory cannot be read, rather than to publish half a point', async () => {
    const readMemory = async () => Promise.reject(new Error('no meminfo'));
    const sampler = new HostSampler({ clock, intervalMs: 1, tags: {}, root: tree.root, readMemory });
    const error = await sampler.sample(0).catch((reason) => reason);
    expect(error).to.have.property('message', 'no meminfo');
  });

  it('reads the memory of this machine by itself', async () => {
    const [point] = await new HostSampler({ clock, intervalMs: 1, tags: {} }).sample(0);
    const { memory_total_bytes: total = 0, memory_available_bytes: available = 0 } =
      point.fields as FieldsOf<'host'>;
    expect(total).to.be.greaterThan(available).and.greaterThan(0);
  });

  describe('the watched process', () => {
    const process = { name: 'server', ticks: 500, threads: 3, rssKiB: 10 };
    const stat = { 'proc/stat': 'cpu 1 0 1 1\ncpu0 1 0 1 1\n', 'proc/uptime': '60.00 1.00\n' };
    const own = { 'proc/self/stat': '7 (node) S', ...processFiles(7, { name: 'server' }) };

    const namedCases: readonly [string, string, Parameters<typeof processFiles>[1], boolean][] = [
      ['the kernel’s name', 'server', { name: 'server', program: '/bin/other' }, true],
      ['the base name of its program', 'tritonserver-long-name', LONG_NAME, true],
      ['a name with brackets and blanks', 'VLLM::Engine (0) x', { name: 'VLLM::Engine (0) x' }, true],
      ['no part of a name', 'serve', process, false],
      ['no argument', '8000', process, false],
      ['no zombie', 'server', { ...process, state: 'Z' }, false],
    ];
    for (const [title, name, files, found] of namedCases) {
      it(`is found by ${title}`, async () => {
        tree.write({ ...stat, ...own, ...processFiles(42, files) });
        const fields = await fieldsOf(createSampler({ name }));
        expect(fields.process_count).to.equal(found ? 1 : undefined);
      });
    }

    it('is the one with the pid, and no other that gets this pid later', async () => {
      tree.write({ ...stat, ...processFiles(42, process) });
      const sampler = createSampler({ pid: 42 });
      expect((await fieldsOf(sampler)).process_threads).to.equal(3);
      tree.write(processFiles(42, { ...process, startTicks: 999 }));
      expect(await fieldsOf(sampler)).not.to.have.property('process_threads');
      expect(sampler.degradations()[0]?.reason).to.contain('there is no process 42');
    });

    it('counts no CPU across two processes that shared a pid', async () => {
      tree.write({ ...stat, ...processFiles(42, process) });
      const sampler = createSampler({ name: 'server' });
      await fieldsOf(sampler);
      tree.write(processFiles(42, { ...process, ticks: 900, startTicks: 999 }));
      await clock.advance(1000);
      expect(await fieldsOf(sampler)).not.to.have.property('process_cpu_ratio');
      tree.write(processFiles(42, { ...process, ticks: 950, startTicks: 999 }));
      await clock.advance(1000);
      expect((await fieldsOf(sampler)).process_cpu_ratio).to.be.closeTo(0.5, 1e-9);
    });

    it('is absent once it is gone, said since when, and back when it is back', async () => {
      tree.write({ ...stat, ...processFiles(42, process) });
      const sampler = createSampler({ name: 'server' });
      await fieldsOf(sampler);
      tree.delete('proc/42');
      const goneMs = clock.wallMs();
      expect(await fieldsOf(sampler)).not.to.have.any.keys('process_count', 'process_threads');
      await clock.advance(5000);
      await fieldsOf(sampler);
      const reason = 'there is no process named "server": is the server running, and may this agent see it?';
      expect(sampler.degradations()).to.deep.equal([{ component: 'watch', reason, sinceMs: goneMs }]);
      tree.write(processFiles(43, process));
      expect((await fieldsOf(sampler)).process_count).to.equal(1);
      expect(sampler.degradations()).to.deep.equal([]);
    });

    it('takes further processes of its name in within half a minute', async () => {
      tree.write({ ...stat, ...processFiles(42, process) });
      const sampler = createSampler({ name: 'server' });
      await fieldsOf(sampler);
      tree.write(processFiles(43, process));
      expect((await fieldsOf(sampler)).process_count).to.equal(1);
      await clock.advance(30_000);
      expect((await fieldsOf(sampler)).process_count).to.equal(2);
    });

    it('has no count of files where one process does not let us see', async () => {
      tree.write({ ...stat, ...processFiles(42, process), ...processFiles(43, process), 'proc/42/fd/0': '' });
      expect(await fieldsOf(createSampler({ name: 'server' }))).not.to.have.property('process_open_files');
      expect((await fieldsOf(createSampler({ pid: 42 }))).process_open_files).to.equal(1);
    });
  });

  describe('the cgroup', () => {
    const at = (path: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`sys/fs/cgroup${path}/${name}`, text]));
    const limited = {
      'cpu.max': '50000 100000\n',
      'cpu.stat': 'usage_usec 1000000\nuser_usec 1\nnr_periods 100\nnr_throttled 10\nthrottled_usec 5\n',
      'memory.max': '2048\n',
      'memory.current': '1024\n',
    };
    const later = {
      'cpu.stat': 'usage_usec 1500000\nuser_usec 1\nnr_periods 120\nnr_throttled 15\nthrottled_usec 9\n',
    };
    const cgroupFields = async (sampler: HostSampler) =>
      Object.fromEntries(Object.entries(await fieldsOf(sampler)).filter(([key]) => key.startsWith('cgroup')));

    it('has limits at once, and rates from the second reading on', async () => {
      tree.write({ 'proc/self/cgroup': '0::/a/b\n', ...at('/a/b', limited) });
      const sampler = createSampler();
      const first = {
        cgroup_cpu_limit_cores: 0.5,
        cgroup_memory_limit_bytes: 2048,
        cgroup_memory_used_bytes: 1024,
      };
      expect(await cgroupFields(sampler)).to.deep.equal(first);
      tree.write(at('/a/b', later));
      await clock.advance(2000);
      const rates = { cgroup_cpu_ratio: 0.5, cgroup_throttled_ratio: 0.25 };
      expect(await cgroupFields(sampler)).to.deep.equal({ ...first, ...rates });
    });

    it('has no rate where no period passed', async () => {
      tree.write({ 'proc/self/cgroup': '0::/\n', ...at('', limited) });
      const sampler = createSampler();
      await cgroupFields(sampler);
      await clock.advance(2000);
      expect(await cgroupFields(sampler)).to.include({ cgroup_cpu_ratio: 0 });
      expect(await cgroupFields(sampler)).not.to.have.property('cgroup_throttled_ratio');
    });

    it('has no rates across two cgroups', async () => {
      tree.write({
        'proc/self/cgroup': '0::/a\n',
        ...at('/a', limited),
        ...at('/b', { ...limited, ...later }),
      });
      const sampler = createSampler();
      await cgroupFields(sampler);
      tree.write({ 'proc/self/cgroup': '0::/b\n' });
      await clock.advance(2000);
      expect(await cgroupFields(sampler)).not.to.have.any.keys('cgroup_cpu_ratio', 'cgroup_throttled_ratio');
    });

    const absent: readonly [string, Record<string, string>, object][] = [
      [
        'limits without one',
        {
          'proc/self/cgroup': '0::/\n',
          ...at('', { ...limited, 'cpu.max': 'max 100000\n', 'memory.max': 'max\n' }),
        },
        { cgroup_memory_used_bytes: 1024 },
      ],
      [
        'memory without its controller',
        { 'proc/self/cgroup': '0::/\n', ...at('', { 'cpu.stat': 'usage_usec 1\n' }) },
        {},
      ],
      ['everything of version 1', { 'proc/self/cgroup': '4:memory:/\n1:cpu:/\n', ...at('', limited) }, {}],
      ['everything outside our namespace', { 'proc/self/cgroup': '0::/../x\n', ...at('/x', limited) }, {}],
      ['everything without a cgroup', {}, {}],
    ];
    for (const [title, files, expected] of absent) {
      it(`leaves out ${title}`, async () => {
        tree.write(files);
        expect(await cgroupFields(createSampler())).to.deep.equal(expected);
      });
    }

    it('is that of the watched process, or none', async () => {
      tree.write({
        'proc/self/cgroup': '0::/mine\n',
        ...at('/mine', limited),
        ...processFiles(42, { name: 'server' }),
        'proc/42/cgroup': '0::/its\n',
        ...at('/its', { ...limited, 'memory.current': '7\n' }),
      });
      const sampler = createSampler({ pid: 42 });
      expect(await cgroupFields(sampler)).to.include({ cgroup_memory_used_bytes: 7 });
      tree.delete('proc/42');
      expect(await cgroupFields(sampler)).to.deep.equal({});
    });
  });
});

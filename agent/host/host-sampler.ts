import { loadavg, platform } from 'node:os';
import type { Clock } from '../core/clock.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import { type FieldsOf, type Point, PointSeries, type Tags } from '../core/point.ts';
import type { Sampler } from '../core/sampler.ts';
import { type CgroupReading, readCgroup } from './cgroup-reading.ts';
import { type CpuTimes, readCpuTimes } from './cpu-times.ts';
import { type MemoryReading, readMemory } from './memory-reading.ts';
import type { Watch } from './process-finder.ts';
import { ProcessWatch } from './process-watch.ts';

export interface HostSamplerOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Tags of every point: host, instance and the config's. */
  readonly tags: Tags;
  /** The inference server's process. Absent: none. */
  readonly watch?: Watch;
  /** Where /proc and /sys are; for recorded ones. */
  readonly root?: string;
  readonly readMemory?: () => Promise<MemoryReading>;
}

/**
 * Reads the machine, the cgroup and the watched process. Rates are absent in the first point, fields that the
 * system does not have in all of them. A reading takes 1.1 ms of CPU, with a process found by name among 80 3.4 ms.
 */
export class HostSampler implements Sampler, HealthSource {
  readonly name = 'host';
  readonly intervalMs: number;
  readonly #clock: Clock;
  readonly #series: PointSeries<'host'>;
  readonly #root: string;
  readonly #watch: ProcessWatch | undefined;
  readonly #readMemory: () => Promise<MemoryReading>;
  #cpu: CpuTimes | undefined;
  #cgroup: CgroupReading | undefined;
  #previousMs = 0;
  #degradation: Degradation | undefined;
  #watchedPids: readonly number[] = [];

  constructor({ clock, intervalMs, tags, watch, root = '/', readMemory: memory }: HostSamplerOptions) {
    this.intervalMs = intervalMs;
    this.#clock = clock;
    this.#series = new PointSeries('host', tags);
    this.#root = root;
    this.#watch = watch === undefined ? undefined : new ProcessWatch(root, watch);
    this.#readMemory = memory ?? readMemory;
  }

  /** The watched processes as of the last reading; empty: none is watched, or there is none. */
  get watchedPids(): readonly number[] {
    return this.#watchedPids;
  }

  /** A watched process that is not there. */
  degradations(): readonly Degradation[] {
    return this.#degradation === undefined ? [] : [this.#degradation];
  }

  async sample(nowMs: number): Promise<readonly Point[]> {
    const monotonicMs = this.#clock.monotonicMs();
    const watched = await this.#watch?.read(monotonicMs);
    this.#watchedPids = watched?.pids ?? [];
    if (watched !== undefined) this.#noteProcess(watched.pids.length > 0, nowMs);
    const cgroupOf = watched === undefined ? 'self' : watched.pids[0]?.toString();
    const fields: FieldsOf<'host'> = {
      ...this.#cpuFields(),
      ...memoryFields(await this.#readMemory()),
      ...this.#cgroupFields(cgroupOf, monotonicMs),
      ...watched?.fields,
    };
    this.#previousMs = monotonicMs;
    return [{ series: this.#series, fields, timestampMs: nowMs }];
  }

  #cpuFields(): FieldsOf<'host'> {
    const cpu = readCpuTimes(this.#root);
    const before = this.#cpu;
    this.#cpu = cpu;
    return {
      cpu_cores: cpu.cores,
      cpu_ratio: before && ratio(cpu.busy - before.busy, cpu.total - before.total),
      load_1m: platform() === 'win32' ? undefined : loadavg()[0],
    };
  }

  /** Of the watched process, for its limits are what slows requests down; without one, the agent's own. */
  #cgroupFields(pid: string | undefined, monotonicMs: number): FieldsOf<'host'> {
    const before = this.#cgroup;
    const cgroup = pid === undefined ? undefined : readCgroup(this.#root, pid);
    this.#cgroup = cgroup;
    if (cgroup === undefined) return {};
    const elapsedSeconds = (monotonicMs - this.#previousMs) / 1000;
    return {
      cgroup_cpu_limit_cores: cgroup.cpuLimitCores,
      cgroup_memory_limit_bytes: cgroup.memoryLimitBytes,
      cgroup_memory_used_bytes: cgroup.memoryUsedBytes,
      ...(before?.directory === cgroup.directory && cgroupRates(before, cgroup, elapsedSeconds)),
    };
  }

  #noteProcess(present: boolean, nowMs: number): void {
    if (present) this.#degradation = undefined;
    else
      this.#degradation ??= {
        component: 'watch',
        reason: `there is no ${this.#watch?.description}: is the server running, and may this agent see it?`,
        sinceMs: nowMs,
      };
  }
}

function memoryFields(memory: MemoryReading): FieldsOf<'host'> {
  return {
    memory_total_bytes: memory.totalBytes,
    memory_used_bytes: memory.usedBytes,
    memory_available_bytes: memory.availableBytes,
    swap_used_bytes: memory.swapUsedBytes,
  };
}

function cgroupRates(before: CgroupReading, now: CgroupReading, elapsedSeconds: number): FieldsOf<'host'> {
  const { cpuLimitCores = Number.NaN } = now;
  return {
    cgroup_cpu_ratio: ratio(now.cpuUsageSeconds - before.cpuUsageSeconds, elapsedSeconds * cpuLimitCores),
    cgroup_throttled_ratio: ratio(
      difference(now.throttledPeriods, before.throttledPeriods),
      difference(now.periods, before.periods),
    ),
  };
}

function difference(now: number | undefined, before: number | undefined): number {
  return now === undefined || before === undefined ? Number.NaN : now - before;
}

/** Absent where nothing passed, or a counter was reset. */
function ratio(part: number, whole: number): number | undefined {
  return whole > 0 && part >= 0 ? part / whole : undefined;
}

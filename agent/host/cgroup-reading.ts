import { join } from 'node:path';
import { parseCounters, readProcFile } from './proc-file.ts';

/** Files as in the kernel's "Control Group v2". */
export interface CgroupReading {
  /** Which one it is. */
  readonly directory: string;
  /** Absent without a limit. */
  readonly cpuLimitCores?: number;
  readonly memoryLimitBytes?: number;
  /** Absent where the controller is not on, as in the root cgroup. */
  readonly memoryUsedBytes?: number;
  readonly cpuUsageSeconds: number;
  /** Scheduling periods that ended, and those in which the group had to wait. Absent without a limit. */
  readonly periods?: number | undefined;
  readonly throttledPeriods?: number | undefined;
}

/**
 * The cgroup v2 of a process (`self`, or a pid). Undefined where there is none that we can see: version 1, another
 * container's.
 */
export function readCgroup(root: string, pid: string): CgroupReading | undefined {
  const directory = directoryOf(root, pid);
  const statistics = directory === undefined ? undefined : readProcFile(join(directory, 'cpu.stat'));
  if (directory === undefined || statistics === undefined) return undefined;
  const counters = parseCounters(statistics);
  const memoryUsedBytes = readNumber(join(directory, 'memory.current'));
  const memoryLimitBytes = readNumber(join(directory, 'memory.max'));
  const cpuLimitCores = parseCpuMax(readProcFile(join(directory, 'cpu.max')) ?? '');
  const periods = counters.get('nr_periods');
  const throttledPeriods = counters.get('nr_throttled');
  return {
    directory,
    cpuUsageSeconds: (counters.get('usage_usec') ?? 0) / 1e6,
    ...(memoryUsedBytes !== undefined && { memoryUsedBytes }),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
    ...(cpuLimitCores !== undefined && { cpuLimitCores, periods, throttledPeriods }),
  };
}

/** `50000 100000` → half a core; `max 100000` → no limit. */
function parseCpuMax(text: string): number | undefined {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** A path with `..` lies outside our cgroup namespace, which is all that is mounted here. */
function directoryOf(root: string, pid: string): string | undefined {
  const text = readProcFile(join(root, 'proc', pid, 'cgroup')) ?? '';
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  return path === undefined || path.includes('/..') ? undefined : join(root, 'sys/fs/cgroup', path);
}

/** `max` is no number. */
function readNumber(path: string): number | undefined {
  const text = readProcFile(path)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

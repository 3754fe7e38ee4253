import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readProcFile } from './proc-file.ts';

/** The kernel's ABI gives times in 1/100 s on all architectures that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** One process at one moment. */
export interface ProcessReading {
  /** Pid and start time: a pid that was given anew is another process. */
  readonly identity: string;
  readonly cpuSeconds: number;
  /** Since boot. */
  readonly startSeconds: number;
  readonly threads: number;
  readonly rssBytes: number;
  /** Absent without permission. */
  readonly openFiles?: number;
}

/** Undefined: it is gone, or a zombie, or not for us to see. */
export function readProcess(root: string, pid: number): ProcessReading | undefined {
  const directory = join(root, 'proc', String(pid));
  const stat = readProcFile(join(directory, 'stat'));
  const fields = stat === undefined ? [] : fieldsAfterName(stat);
  if (fields.length < 20 || fields[0] === 'Z') return undefined;
  const residentKiB = /^VmRSS:\s+(\d+) kB$/m.exec(readProcFile(join(directory, 'status')) ?? '')?.[1];
  const openFiles = countEntries(join(directory, 'fd'));
  return {
    identity: `${pid}:${fields[19]}`,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    startSeconds: Number(fields[19]) / TICKS_PER_SECOND,
    threads: Number(fields[17]),
    rssBytes: Number(residentKiB ?? 0) * 1024,
    ...(openFiles !== undefined && { openFiles }),
  };
}

/** Whether the process is called so: by the kernel (15 characters), or by the base name of its program. */
export function isNamed(root: string, pid: number, name: string): boolean {
  const directory = join(root, 'proc', String(pid));
  if (readProcFile(join(directory, 'comm'))?.trimEnd() === name) return true;
  const program = readProcFile(join(directory, 'cmdline'))?.split('\0')[0] ?? '';
  return program !== '' && basename(program) === name;
}

/** Seconds since boot. */
export function readUptimeSeconds(root: string): number {
  return Number.parseFloat(readProcFile(join(root, 'proc/uptime')) ?? '');
}

/** Our own pid as /proc counts it. */
export function readOwnPid(root: string): number {
  return Number.parseInt(readProcFile(join(root, 'proc/self/stat')) ?? '', 10);
}

/** What follows `pid (name)` in proc_pid_stat(5), field 3 first; a name may hold spaces and brackets. */
function fieldsAfterName(stat: string): readonly string[] {
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
}

function countEntries(path: string): number | undefined {
  try {
    return readdirSync(path).length;
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';

/** Resident memory of a process, in megabytes (10^6). */
export function memoryMb(pid: number): number {
  return statusMb(pid, 'VmRSS');
}

/** Of it what is the process' own: the rest are pages of files, the node binary above all, which processes share. */
export function privateMb(pid: number): number {
  return statusMb(pid, 'RssAnon');
}

/** User and system time of a process, to a hundredth of a second. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What a process made the system write to disk. */
export function writtenBytes(pid: number): number {
  return Number(/write_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

function statusMb(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6;
}

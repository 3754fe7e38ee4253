import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** The processes of the machine that have not ended; a zombie has. */
function readProcesses(): readonly RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readOne(Number(name)));
}

/** The processes in which GPUs are read for `parent`, by default for this one. */
export function readerProcesses(parent = process.pid): readonly RunningProcess[] {
  return readProcesses().filter(
    (one) => one.parent === parent && one.group === one.pid && /gpu-program\.[jt]s/.test(one.command),
  );
}

export function membersOf(group: number): readonly RunningProcess[] {
  return readProcesses().filter((one) => one.group === group);
}

/** Private memory of a process (proc(5), smaps_rollup): what it costs beside what it shares. */
export function privateMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = [...text.matchAll(/^Private_\w+: +(\d+) kB$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
  return kib / 1024;
}

function readOne(pid: number): readonly RunningProcess[] {
  try {
    const [, state, parent, group] =
      /\) (\w) (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return state === 'Z' ? [] : [{ pid, parent: Number(parent), group: Number(group), command }];
  } catch {
    return [];
  }
}

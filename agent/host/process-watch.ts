import type { FieldsOf } from '../core/point.ts';
import { ProcessFinder, type Watch } from './process-finder.ts';
import { type ProcessReading, readProcess, readUptimeSeconds } from './process-reading.ts';

export interface WatchReading {
  readonly fields: FieldsOf<'host'>;
  /** The processes; empty: there is none. */
  readonly pids: readonly number[];
}

/** The figures of the watched process, summed over all that match. */
export class ProcessWatch {
  readonly #root: string;
  readonly #watch: Watch;
  readonly #finder: ProcessFinder;
  #previous: ReadonlyMap<string, ProcessReading> = new Map();
  #previousMs = 0;
  #lost = false;
  /** Of a watched pid: who had it when it was first seen. */
  #identity: string | undefined;

  constructor(root: string, watch: Watch) {
    this.#root = root;
    this.#watch = watch;
    this.#finder = new ProcessFinder(root, watch);
  }

  /** What is watched, in words. */
  get description(): string {
    return 'pid' in this.#watch ? `process ${this.#watch.pid}` : `process named "${this.#watch.name}"`;
  }

  async read(monotonicMs: number): Promise<WatchReading> {
    const pids = await this.#finder.find(monotonicMs, this.#lost);
    const readings = pids.flatMap((pid) => {
      const reading = readProcess(this.#root, pid);
      return reading !== undefined && this.#isSame(reading) ? [{ pid, reading }] : [];
    });
    const present = new Map(readings.map(({ reading }) => [reading.identity, reading]));
    this.#lost = present.size < pids.length;
    const cpuRatio = this.#cpuRatio(present, monotonicMs);
    this.#previous = present;
    this.#previousMs = monotonicMs;
    if (readings.length === 0) return { fields: {}, pids: [] };
    const fields = {
      ...sum([...present.values()], readUptimeSeconds(this.#root)),
      process_cpu_ratio: cpuRatio,
    };
    return { fields, pids: readings.map(({ pid }) => pid) };
  }

  #isSame(reading: ProcessReading): boolean {
    if (!('pid' in this.#watch)) return true;
    this.#identity ??= reading.identity;
    return reading.identity === this.#identity;
  }

  /** Over the processes that were there at the last reading too. Absent if there are none. */
  #cpuRatio(present: ReadonlyMap<string, ProcessReading>, monotonicMs: number): number | undefined {
    const elapsedSeconds = (monotonicMs - this.#previousMs) / 1000;
    const deltas = [...present].flatMap(([identity, { cpuSeconds }]) => {
      const before = this.#previous.get(identity);
      return before === undefined ? [] : [cpuSeconds - before.cpuSeconds];
    });
    if (deltas.length === 0 || elapsedSeconds <= 0) return undefined;
    return deltas.reduce((total, delta) => total + delta, 0) / elapsedSeconds;
  }
}

function sum(readings: readonly ProcessReading[], uptimeSeconds: number): FieldsOf<'host'> {
  const total = (pick: (reading: ProcessReading) => number) =>
    readings.reduce((value, reading) => value + pick(reading), 0);
  return {
    process_memory_rss_bytes: total((reading) => reading.rssBytes),
    process_threads: total((reading) => reading.threads),
    process_open_files: asCount(total((reading) => reading.openFiles ?? Number.NaN)),
    process_uptime_seconds: uptimeSeconds - Math.min(...readings.map((reading) => reading.startSeconds)),
    process_count: readings.length,
  };
}

function asCount(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

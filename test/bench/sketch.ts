import { binOf } from '../../agent/core/duration-bins.ts';
import { SketchStore } from '../../agent/window/sketch-store.ts';
import { createRandom, durations } from '../window/sample-durations.ts';
import type { BenchRow } from './bench-row.ts';
import { median } from './median.ts';
import { WindowLoad } from './window-load.ts';

const SAMPLES = 1 << 17;
const ROUNDS = 9;
const REPEATS = 12;
/** By number of series; in random order. */
const INSERT_SERIES = [1, 100, 1000, 10_000];
const RECORD_SERIES = [20, 2000, 7000];
const BATCH = 512;

/** What one value costs in a sketch, and one span with three phases in the windows; CPU time, alternating rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const inserts = INSERT_SERIES.map(createInsert);
  const insertNs = alternate(inserts);
  const records = await Promise.all(RECORD_SERIES.map(createRecord));
  const recordNs = alternate(records);
  return [
    ...INSERT_SERIES.map((series, i) => ({
      name: `insert, ${series} series in random order`,
      bar: '≤ 40 ns',
      value: insertNs[i] as number,
      unit: 'ns/value',
    })),
    ...RECORD_SERIES.map((series, i) => ({
      name: `record, latency and 3 phases, ${series} series`,
      value: recordNs[i] as number,
      unit: 'ns/span',
    })),
  ];
}

/** A task, and how many things it does. */
interface Task {
  readonly count: number;
  run(): void;
}

function createInsert(series: number): Task {
  const store = new SketchStore();
  const random = createRandom(3);
  const rows = Int32Array.from({ length: SAMPLES }, () => Math.floor(random() * series));
  const values = Float64Array.from(durations('lognormal', SAMPLES));
  return {
    count: SAMPLES,
    run() {
      for (let i = 0; i < SAMPLES; i++) store.increment(rows[i], binOf(values[i]));
    },
  };
}

async function createRecord(series: number): Promise<Task> {
  const load = new WindowLoad({ series, spansPerSlice: 1, withPhases: true });
  await load.start();
  const batches = Array.from({ length: 64 }, (_, i) => load.prepareBatch(series + i * BATCH, BATCH));
  const nowMs = load.clock.wallMs();
  for (const batch of batches) batch.endMs.fill(nowMs);
  return {
    count: 64 * BATCH,
    run() {
      for (const batch of batches) load.aggregator.record(batch, nowMs);
    },
  };
}

/** Median CPU ns of one thing of each task. */
function alternate(tasks: readonly Task[]): number[] {
  const rounds = Array.from({ length: ROUNDS }, () => tasks.map(cpuNs)).slice(2);
  return tasks.map((_, task) => median(rounds.map((round) => round[task] as number)));
}

function cpuNs(task: Task): number {
  const before = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) task.run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / (task.count * REPEATS);
}

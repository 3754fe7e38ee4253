import { SystemClock } from '../../agent/core/clock.ts';
import type { SpanColumns, SpanSink } from '../../agent/core/span-sink.ts';
import { GpuAttribution } from '../../agent/join/gpu-attribution.ts';
import { GpuJoin } from '../../agent/join/gpu-join.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { createRandom } from '../window/sample-durations.ts';
import { spanBatch, type TestSpan } from '../window/span-batch.ts';
import type { BenchRow } from './bench-row.ts';
import { median } from './median.ts';

const START_MS = 1_800_000_000_000;
const INTERVAL_MS = 10_000;
const BATCH = 512;
const BATCHES = 64;
const ROUNDS = 9;
const REPEATS = 12;
const SLICES = 60;
const SERIES = [20, 2000];
const PHASES = ['queue', 'preprocess', 'inference'];
const GPUS = ['GPU-a', 'GPU-b', 'GPU-c', 'GPU-d'];

/** Opens series and phases, and takes spans for nothing. */
class EmptySink extends RecordingSink {
  override record(): void {}
}

/** What the join adds to a span, and what it does when slices end; CPU time. */
export async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const series of SERIES) {
    const bench = new JoinBench(series);
    await bench.start();
    rows.push({
      name: `record, 3 phases, ${series} series`,
      bar: '≤ 150 ns',
      value: bench.recordNs(),
      unit: 'ns/span',
    });
    const flushes: FlushCost[] = [];
    for (let slice = 0; slice < SLICES; slice++) flushes.push(await bench.flushSlice(slice));
    const late = flushes.slice(SLICES / 2);
    const note = `${median(late.map(({ points }) => points))} points`;
    const cpuMs = median(late.map((flush) => flush.cpuMs));
    const longestMs = median(late.map((flush) => flush.longestMs));
    rows.push({ name: `flush of a slice, ${series} series`, value: cpuMs, unit: 'ms', note });
    rows.push({ name: `longest piece of it, ${series} series`, value: longestMs, unit: 'ms' });
  }
  return rows;
}

interface FlushCost {
  readonly cpuMs: number;
  readonly points: number;
  readonly longestMs: number;
}

class JoinBench {
  readonly #series: number;
  readonly #inner = new EmptySink();
  readonly #join: GpuJoin;
  #batches: readonly SpanColumns[] = [];
  #resumedMs = 0;
  #longestMs = 0;

  constructor(series: number) {
    this.#series = series;
    this.#inner.oldestMs = START_MS;
    const attribution = new GpuAttribution({ devices: 'auto' });
    const options = {
      intervalMs: INTERVAL_MS,
      windowsMs: [10_000, 60_000, 300_000],
      latenessMs: 30_000,
      maxSeries: series,
      tickMs: 1000,
    };
    this.#join = new GpuJoin(
      options,
      { host: 'node-17', instance: 'llama-7f9c6d5b8-x2x9z' },
      { windows: this.#inner, attribution },
      { clock: new SystemClock(), log: new SilentLogger(), yieldToLoop: () => this.#yield() },
    );
  }

  async start(): Promise<void> {
    await this.#join.restore({ transaction: async () => {}, query: async () => [] });
    this.#join.record(GPUS.map((uuid) => ({ uuid, atMs: START_MS, divided: false, simulated: false })));
    const { sink } = this.#join;
    const random = createRandom(5);
    const ids = Array.from({ length: this.#series }, (_, i) => openSeries(sink, i));
    const gpus = GPUS.map((uuid) => sink.openGpu(uuid));
    const phases = PHASES.map((name) => sink.openPhase(name));
    this.#batches = Array.from({ length: BATCHES }, () =>
      spanBatch(
        Array.from({ length: BATCH }, (): TestSpan => {
          const durationNs = Math.round(2e6 + random() * 100e6);
          const series = Math.floor(random() * this.#series);
          return {
            series: ids[series],
            gpu: gpus[series % gpus.length],
            endMs: START_MS + 500 + random() * (INTERVAL_MS - 500),
            durationNs,
            outputTokens: 20,
            phases: phases.map((phase, k) => ({ phase, ns: Math.round(durationNs * (0.1 + 0.3 * k)) })),
          };
        }),
      ),
    );
  }

  /** With and without the join, in turn. */
  recordNs(): number {
    const differences: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      differences.push(this.#cpuNs(this.#join.sink) - this.#cpuNs(this.#inner));
    return median(differences.slice(2));
  }

  /** All series were busy in the slice. */
  async flushSlice(slice: number): Promise<FlushCost> {
    const startMs = START_MS + slice * INTERVAL_MS;
    for (const batch of this.#batches) {
      if (slice > 0) for (let i = 0; i < batch.count; i++) batch.endMs[i] += INTERVAL_MS;
      this.#join.sink.record(batch, startMs);
    }
    let points = 0;
    this.#inner.oldestMs = startMs + INTERVAL_MS;
    this.#longestMs = 0;
    const before = process.cpuUsage();
    this.#resumedMs = performance.now();
    await this.#join.flush(startMs + 60_000, (written) => {
      points += written.length;
    });
    this.#endPiece();
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1000, points, longestMs: this.#longestMs };
  }

  #cpuNs(sink: SpanSink): number {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) for (const batch of this.#batches) sink.record(batch, START_MS);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / (REPEATS * BATCHES * BATCH);
  }

  #endPiece(): void {
    this.#longestMs = Math.max(this.#longestMs, performance.now() - this.#resumedMs);
  }

  async #yield(): Promise<void> {
    this.#endPiece();
    await new Promise((resolve) => setImmediate(resolve));
    this.#resumedMs = performance.now();
  }
}

function openSeries(sink: SpanSink, i: number): number {
  return sink.openSeries({
    model: `model-${i}`,
    variant: 'fp16',
    version: '',
    operation: '',
    server: '',
    labels: {},
  });
}

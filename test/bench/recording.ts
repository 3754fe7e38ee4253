import { SeriesRecorder } from '../../agent/baseline/series-recorder.ts';
import { SystemClock } from '../../agent/core/clock.ts';
import type { SpanColumns, SpanSink } from '../../agent/core/span-sink.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { createRandom } from '../window/sample-durations.ts';
import { spanBatch, type TestSpan } from '../window/span-batch.ts';
import type { BenchRow } from './bench-row.ts';
import { median } from './median.ts';

const START_MS = 1_800_000_000_000;
const BATCH = 512;
const BATCHES = 64;
const ROUNDS = 9;
const REPEATS = 12;
const FOLLOWED = 64;
/** All of them followed, and next to none. */
const SERIES = [1, 64, 2000];
const SECONDS = 20;

/** Takes spans for nothing. */
class EmptySink extends RecordingSink {
  override record(): void {}
}

/** What recording adds to a span, and what closing a slice takes; CPU time. */
export async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const series of SERIES) {
    const bench = new RecordingBench(series);
    const share = Math.min(1, FOLLOWED / series);
    const name = `record, 3 phases, ${series} series, ${Math.round(share * 1000) / 10} % followed`;
    rows.push({ name, value: bench.recordNs(), unit: 'ns/span' });
    rows.push({ name: `close of a slice, ${series} series`, value: await bench.closeMs(), unit: 'ms' });
  }
  return rows;
}

class RecordingBench {
  readonly #inner = new EmptySink();
  readonly #recorder: SeriesRecorder;
  readonly #batches: readonly SpanColumns[];

  constructor(series: number) {
    this.#inner.openSeries(tagsOf('__overflow__'));
    this.#inner.oldestMs = START_MS;
    const yieldToLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const options = { series: FOLLOWED, keepMs: 900_000, maxBytes: 32 * 2 ** 20, intervalMs: 10_000 };
    const gpuWindow = { name: '10s', windowMs: 10_000 };
    this.#recorder = new SeriesRecorder(
      this.#inner,
      { ...options, latenessMs: 30_000, gpuWindow },
      { clock: new SystemClock(), yieldToLoop },
    );
    this.#recorder.start();
    const random = createRandom(5);
    const ids = Array.from({ length: series }, (_, i) => this.#recorder.openSeries(tagsOf(`model-${i}`)));
    const phases = ['queue', 'preprocess', 'inference'].map((name) => this.#recorder.openPhase(name));
    this.#batches = Array.from({ length: BATCHES }, () =>
      spanBatch(
        Array.from({ length: BATCH }, (): TestSpan => {
          const durationNs = Math.round(2e6 + random() * 20e6);
          return {
            series: ids[Math.floor(random() * series)],
            endMs: START_MS + random() * SECONDS * 1000,
            durationNs,
            phases: phases.map((phase, k) => ({ phase, ns: Math.round(durationNs * (0.1 + 0.3 * k)) })),
          };
        }),
      ),
    );
  }

  /** With and without the recorder, in turn. */
  recordNs(): number {
    const differences: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      differences.push(this.#cpuNs(this.#recorder) - this.#cpuNs(this.#inner));
    return median(differences.slice(2));
  }

  async closeMs(): Promise<number> {
    this.#inner.oldestMs = START_MS + SECONDS * 1000;
    const before = process.cpuUsage();
    await this.#recorder.flush(START_MS + SECONDS * 1000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / SECONDS;
  }

  #cpuNs(sink: SpanSink): number {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) for (const batch of this.#batches) sink.record(batch, START_MS);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / (REPEATS * BATCHES * BATCH);
  }
}

function tagsOf(model: string) {
  return { model, variant: 'fp16', version: '', operation: '', server: '', labels: {} };
}

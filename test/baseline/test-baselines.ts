import { BaselineStore } from '../../agent/baseline/baseline-store.ts';
import { Baselines } from '../../agent/baseline/baselines.ts';
import { ComparisonPort } from '../../agent/baseline/comparison-port.ts';
import { LiveComparisons } from '../../agent/baseline/live-comparisons.ts';
import { RangeSource } from '../../agent/baseline/range-source.ts';
import { SeriesRecorder } from '../../agent/baseline/series-recorder.ts';
import type { Clock } from '../../agent/core/clock.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { RESNET } from './sample-recording.ts';

/** Baselines with everything that they work on, the file in memory. */
export interface TestBaselines {
  readonly baselines: Baselines;
  readonly recorder: SeriesRecorder;
  readonly live: LiveComparisons;
  readonly log: SilentLogger;
  /** Where spans end. */
  readonly inner: RecordingSink;
  stop(): Promise<void>;
}

const RECORDING = {
  series: 4,
  keepMs: 900_000,
  maxBytes: 2 ** 24,
  intervalMs: 10_000,
  latenessMs: 30_000,
  gpuWindow: { name: '10s', windowMs: 10_000 },
};

export function createTestBaselines(clock: Clock, gpuDelayMs?: number): TestBaselines {
  const inner = new RecordingSink();
  inner.openSeries({ ...RESNET, model: '__overflow__' });
  const recorder = new SeriesRecorder(inner, RECORDING, { clock, yieldToLoop: async () => {} });
  recorder.start();
  const database = new MemoryDatabase();
  const store = new BaselineStore({ exists: () => false, open: async () => database });
  const port = new ComparisonPort();
  const ranges = new RangeSource({ recorder, clock, gpuDelayMs: () => gpuDelayMs });
  const baselines = new Baselines({ ranges, store, port, clock, onChange: () => {} });
  const log = new SilentLogger();
  const live = new LiveComparisons(
    { recorder, store, baselines, clock, log, intervalMs: RECORDING.intervalMs },
    { host: 'h', instance: 'i' },
  );
  const stop = async (): Promise<void> => {
    await port.end();
    database.close();
  };
  return { baselines, recorder, live, log, inner, stop };
}

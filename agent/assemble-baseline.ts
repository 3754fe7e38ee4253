import type { AgentEdge } from './agent-edge.ts';
import { BaselineKeeper } from './baseline/baseline-keeper.ts';
import { type BaselineFile, BaselineStore } from './baseline/baseline-store.ts';
import { Baselines } from './baseline/baselines.ts';
import { ComparisonPort } from './baseline/comparison-port.ts';
import { LiveComparisons } from './baseline/live-comparisons.ts';
import { RangeSource } from './baseline/range-source.ts';
import { SeriesRecorder } from './baseline/series-recorder.ts';
import type { Config } from './config/config.ts';
import type { Tags } from './core/point.ts';
import type { SpanSink } from './core/span-sink.ts';
import { createWindowLength } from './core/window-length.ts';

/** Shorter windows have no energy. */
const MIN_ENERGY_WINDOW_MS = 10_000;
/** GPU figures wait for the reading of the energy counter that covers them. */
const ENERGY_WAIT_MS = 12_000;

/** What records series, keeps baselines and compares. */
export interface BaselineParts {
  /** Where spans go in place of `windows`. */
  readonly recorder: SeriesRecorder;
  readonly baselines: Baselines;
  readonly keeper: BaselineKeeper;
}

export interface BaselineSources {
  /** Where spans go on to. */
  readonly windows: SpanSink;
  readonly file: BaselineFile;
  /** Whether a GPU answers now. */
  readonly hasGpu: () => boolean;
}

export function assembleBaseline(
  config: Config,
  edge: AgentEdge,
  tags: Tags,
  { windows, file, hasGpu }: BaselineSources,
): BaselineParts {
  const { clock, log } = edge;
  const { intervalMs, latenessMs, windowsMs } = config;
  const gpuWindowMs = windowsMs.find((ms) => ms >= MIN_ENERGY_WINDOW_MS) ?? intervalMs;
  const gpuWindow = { windowMs: gpuWindowMs, name: createWindowLength(gpuWindowMs, intervalMs).name };
  const recorder = new SeriesRecorder(
    windows,
    { ...config.baseline, intervalMs, latenessMs, gpuWindow },
    edge,
  );
  const store = new BaselineStore(file);
  const port = new ComparisonPort();
  const delayMs = latenessMs + intervalMs + ENERGY_WAIT_MS;
  const ranges = new RangeSource({ recorder, clock, gpuDelayMs: () => (hasGpu() ? delayMs : undefined) });
  const baselines = new Baselines({ ranges, store, port, clock, onChange: () => keeper.preferModels() });
  const live = new LiveComparisons({ recorder, store, baselines, clock, log, intervalMs }, tags);
  const keeper = new BaselineKeeper({ recorder, store, port, live, clock, log });
  return { recorder, baselines, keeper };
}

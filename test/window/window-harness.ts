import type { CapturedState } from '../../agent/core/checkpoint.ts';
import type { Point } from '../../agent/core/point.ts';
import { createWindowLength, type WindowLength } from '../../agent/core/window-length.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import type { WindowOptions } from '../../agent/window/window-state.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { spanBatch, type TestSpan } from './span-batch.ts';
import { TestClock } from './test-clock.ts';

export const START_MS = 1_800_000_000_000;
const BASE_TAGS = { host: 'h', instance: 'i' };

const MINUTES: WindowOptions = {
  intervalMs: 10_000,
  windowsMs: [10_000, 60_000, 300_000],
  latenessMs: 30_000,
  graceMs: 2000,
  maxSeries: 50,
  maxNewSeriesPerDay: 1000,
  objectives: [],
};

/** An aggregator with its clock and its store, and what it wrote. */
export class WindowHarness {
  readonly clock: TestClock;
  readonly log = new SilentLogger();
  readonly options: WindowOptions;
  database = new MemoryDatabase();
  aggregator: Aggregator;
  /** Called each time that a flush yields. */
  onYield: () => void = () => {};
  points: Point[] = [];

  constructor(options: Partial<WindowOptions> = {}, lookMs = 0) {
    this.options = { ...MINUTES, ...options };
    this.clock = new TestClock(START_MS, lookMs);
    this.aggregator = this.#create();
  }

  get lengths(): WindowLength[] {
    return this.options.windowsMs.map((windowMs) => createWindowLength(windowMs, this.options.intervalMs));
  }

  length(window: string): WindowLength {
    const length = this.lengths.find(({ name }) => name === window);
    if (length === undefined) throw new Error(`there is no window ${window}`);
    return length;
  }

  async start(): Promise<this> {
    await this.database.transaction([{ sql: this.aggregator.schema }]);
    await this.aggregator.restore(this.database);
    return this;
  }

  /** A new process on the same store; what was not committed is gone. */
  async restart(options: Partial<WindowOptions> = {}): Promise<void> {
    Object.assign(this.options, options);
    this.aggregator = this.#create();
    await this.start();
  }

  series(model: string): number {
    return this.aggregator.openSeries({
      model,
      variant: 'v',
      version: '',
      operation: '',
      server: '',
      labels: {},
    });
  }

  /** What a source gathered for some seconds. */
  recordBatch(spans: readonly TestSpan[]): void {
    this.aggregator.record({ ...spanBatch(spans), isBatched: true }, this.clock.wallMs());
  }

  record(...spans: readonly TestSpan[]): void {
    this.aggregator.record(spanBatch(spans), this.clock.wallMs());
  }

  /** A successful request of a model, `agoMs` ago. */
  request(model: string, agoMs = 0, durationMs = 100): void {
    this.record({
      series: this.series(model),
      endMs: this.clock.wallMs() - agoMs,
      durationNs: durationMs * 1e6,
    });
  }

  /** What one flush wrote. */
  async flush(): Promise<readonly Point[]> {
    const written: Point[] = [];
    await this.aggregator.flush(this.clock.wallMs(), (points) => written.push(...points));
    this.points.push(...written);
    return written;
  }

  /** Lets time pass with a flush whenever one is due. */
  async run(durationMs: number): Promise<readonly Point[]> {
    const first = this.points.length;
    let restMs = durationMs;
    while (restMs > 0) {
      const waitMs = Math.max(1, this.aggregator.nextFlushMs() - this.clock.wallMs());
      this.clock.advance(Math.min(waitMs, restMs));
      if (waitMs <= restMs) await this.flush();
      restMs -= waitMs;
    }
    return this.points.slice(first);
  }

  async commit(): Promise<void> {
    const captured = this.aggregator.capture();
    await this.database.transaction(await captured.statements());
    captured.committed();
  }

  abandon(): CapturedState {
    const captured = this.aggregator.capture();
    captured.abandoned();
    return captured;
  }

  close(): void {
    this.database.close();
  }

  #create(): Aggregator {
    return new Aggregator(this.options, BASE_TAGS, {
      clock: this.clock,
      log: this.log,
      yieldToLoop: async () => this.onYield(),
    });
  }
}

/** Points of one measurement and window as `model@end`: requests, in the order written; ends in ms after the start. */
export function requestsWritten(points: readonly Point[], window: string): string[] {
  return points
    .filter(({ series }) => series.measurement === 'inference' && series.tags['window'] === window)
    .map(({ series, fields, timestampMs }) => {
      const after = (timestampMs - START_MS) / 1000;
      return `${series.tags['model']}@${after}s: ${(fields as { requests: number }).requests}`;
    });
}

/** The value of a field of the latest matching point. */
export function lastField(points: readonly Point[], window: string, field: string): unknown {
  const last = points.filter(({ series }) => series.tags['window'] === window).at(-1);
  if (last === undefined) throw new Error(`there is no point of ${window}`);
  return (last.fields as Record<string, unknown>)[field];
}

/** Requests of a model since the process began. */
export function totalOf(harness: WindowHarness, model: string): number {
  let total = 0;
  for (const { tags, requests } of harness.aggregator.readTotals([1])) {
    if (tags.model === model) total += requests;
  }
  return total;
}

import type { Clock } from '../../agent/core/clock.ts';
import type { Point } from '../../agent/core/point.ts';
import type { SpanColumns } from '../../agent/core/span-sink.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import type { WindowOptions } from '../../agent/window/window-state.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { createRandom } from '../window/sample-durations.ts';
import { spanBatch, type TestSpan } from '../window/span-batch.ts';

const START_MS = 1_800_000_000_000;
const BATCH = 512;
const PHASES = ['queue', 'preprocess', 'inference'];

/** The machine's time, with leaps in between: a minute of windows in a moment. */
class LeapingClock implements Clock {
  #leapMs = 0;

  wallMs(): number {
    return START_MS + this.monotonicMs();
  }

  monotonicMs(): number {
    return performance.now() + this.#leapMs;
  }

  async sleep(): Promise<void> {}

  leap(deltaMs: number): void {
    this.#leapMs += deltaMs;
  }
}

export interface WindowLoadOptions {
  readonly series: number;
  /** Spans a series and slice. */
  readonly spansPerSlice: number;
  readonly withPhases: boolean;
}

/** An aggregator under a steady load of lognormal latencies, series in random order. */
export class WindowLoad {
  readonly clock = new LeapingClock();
  readonly aggregator: Aggregator;
  /** Lengths of the pieces between two yields of flushes, ms. */
  readonly pieces: number[] = [];
  readonly #load: WindowLoadOptions;
  readonly #options: WindowOptions;
  readonly #durationsNs: Float64Array;
  readonly #order: Int32Array;
  #batches: SpanColumns[] = [];
  #series: number[] = [];
  #phases: number[] = [];
  #resumedMs = 0;

  constructor(load: WindowLoadOptions) {
    this.#load = load;
    this.#options = {
      intervalMs: 10_000,
      windowsMs: [10_000, 60_000, 300_000],
      latenessMs: 30_000,
      graceMs: 2000,
      maxSeries: load.series,
      maxNewSeriesPerDay: load.series,
      objectives: [],
    };
    this.aggregator = new Aggregator(
      this.#options,
      { host: 'node-17', instance: 'llama-7f9c6d5b8-x2x9z' },
      {
        clock: this.clock,
        log: new SilentLogger(),
        yieldToLoop: () => this.#yield(),
      },
    );
    const random = createRandom(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    this.#durationsNs = Float64Array.from({ length: 65_536 }, () =>
      Math.round(20e6 * Math.exp(0.5 * normal())),
    );
    this.#order = Int32Array.from({ length: 65_536 }, () => Math.floor(random() * load.series));
  }

  async start(): Promise<void> {
    await this.aggregator.restore({ transaction: async () => {}, query: async () => [] });
    this.#phases = PHASES.map((name) => this.aggregator.openPhase(name));
    this.#series = Array.from({ length: this.#load.series }, (_, i) =>
      this.aggregator.openSeries({
        model: `model-${i}`,
        variant: 'fp16',
        version: '',
        operation: '',
        server: '',
        labels: {},
      }),
    );
    const total = this.#load.series * this.#load.spansPerSlice;
    for (let first = 0; first < total; first += BATCH) {
      this.#batches.push(this.prepareBatch(first, Math.min(BATCH, total - first)));
    }
  }

  /** Spans of one slice in messages of 512. The clock ends where the flush is due. */
  recordSlice(): void {
    const { graceMs } = this.#options;
    this.clock.leap(this.aggregator.nextFlushMs() - this.clock.wallMs() - graceMs - 5000);
    const nowMs = this.clock.wallMs();
    for (const batch of this.#batches) {
      batch.endMs.fill(nowMs);
      this.aggregator.record(batch, nowMs);
    }
    this.clock.leap(Math.max(0, this.aggregator.nextFlushMs() - this.clock.wallMs()) + 1);
  }

  /** One span that is late by 15 s for each series. */
  recordLate(): void {
    for (let first = 0; first < this.#load.series; first += BATCH) {
      const ids = this.#series.slice(first, first + BATCH);
      const endMs = this.clock.wallMs() - 15_000;
      this.aggregator.record(
        spanBatch(ids.map((series, i) => ({ series, endMs, durationNs: this.#durationsNs[i] as number }))),
        this.clock.wallMs(),
      );
    }
  }

  /** The CPU time of one flush, ms. */
  async flush(emit: (points: readonly Point[]) => void = () => {}): Promise<number> {
    const before = process.cpuUsage();
    this.#resumedMs = performance.now();
    await this.aggregator.flush(this.clock.wallMs(), emit);
    this.pieces.push(performance.now() - this.#resumedMs);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  /** As a decoder leaves a message, ready to be recorded again and again. */
  prepareBatch(first: number, count: number): SpanColumns {
    const phases = this.#load.withPhases ? this.#phases : [];
    const spans = Array.from({ length: count }, (_, i): TestSpan => {
      const at = (first + i) & 65_535;
      const durationNs = this.#durationsNs[at] as number;
      const turn = (first + i) % (this.#load.series * 2);
      const series = this.#series[turn < this.#load.series ? turn : (this.#order[at] as number)] as number;
      return {
        series,
        endMs: 0,
        durationNs,
        phases: phases.map((phase, k) => ({ phase, ns: Math.round(durationNs * (0.1 + 0.3 * k)) })),
      };
    });
    return spanBatch(spans);
  }

  #yield(): Promise<void> {
    this.pieces.push(performance.now() - this.#resumedMs);
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#resumedMs = performance.now();
        resolve();
      });
    });
  }
}

import type { GpuOwnership } from '../../agent/core/gpu-sample.ts';
import type { FieldsOf, Point } from '../../agent/core/point.ts';
import type { SpanStatus } from '../../agent/core/span-sink.ts';
import { GpuAttribution } from '../../agent/join/gpu-attribution.ts';
import { GpuJoin } from '../../agent/join/gpu-join.ts';
import type { GpuJoinOptions } from '../../agent/join/join-state.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { spanBatch } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { TestGpu } from './test-gpu.ts';

const START_MS = 1_800_000_000_000;
const TICK_MS = 1000;
const BASE_TAGS = { host: 'h', instance: 'i' };

interface HarnessOptions extends Pick<GpuJoinOptions, 'expectTensor'> {
  readonly intervalMs?: number;
  readonly windowsMs?: readonly number[];
  readonly latenessMs?: number;
  readonly devices?: 'auto' | readonly string[];
  readonly ofPod?: () => GpuOwnership;
  readonly watchedPids?: () => readonly number[];
}

/** A request as a test writes it; times in ms, phases in the order in which they ran. */
export interface TestRequest {
  readonly endMs: number;
  readonly ms: number;
  readonly phases?: readonly { name: string; ms: number; offsetMs?: number }[];
  /** Its label. */
  readonly gpu?: string;
  readonly status?: SpanStatus;
  readonly weight?: number;
  readonly outputTokens?: number;
}

/** A row of `inference_gpu` as tests look at it. */
export interface GpuRow {
  readonly model: string;
  readonly window: string;
  readonly gpu: string;
  /** Of the window, after `START_MS`. */
  readonly endMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: FieldsOf<'inference_gpu'>;
}

/** Windows and join as the agent runs them, with GPUs that answer each second. */
export class JoinHarness {
  readonly clock = new TestClock(START_MS);
  readonly gpus: TestGpu[] = [];
  readonly options: Required<Pick<HarnessOptions, 'intervalMs' | 'windowsMs' | 'latenessMs'>> &
    HarnessOptions;
  /** Called each second with the second that has passed: the load. */
  load: (fromMs: number, toMs: number) => void = () => {};
  rows: GpuRow[] = [];
  /** Monotonic. */
  #flushAtMs = 0;
  readonly database = new MemoryDatabase();
  aggregator: Aggregator;
  attribution: GpuAttribution;
  join: GpuJoin;

  constructor(options: HarnessOptions = {}, gpus = 1) {
    this.options = { intervalMs: 10_000, windowsMs: [10_000, 60_000], latenessMs: 30_000, ...options };
    for (let i = 0; i < gpus; i++) this.gpus.push(new TestGpu(`GPU-${'abcdefgh'[i]}`, START_MS));
    [this.aggregator, this.attribution, this.join] = this.#create();
  }

  get gpu(): TestGpu {
    return this.gpus[0];
  }

  /** The GPUs are seen at once, and answer with the first second. */
  async start(): Promise<this> {
    for (const part of [this.aggregator, this.join]) {
      await this.database.transaction([{ sql: part.schema }]);
      await part.restore(this.database);
    }
    const seen = this.gpus.map(({ uuid }) => ({ uuid, atMs: START_MS, divided: false, simulated: false }));
    this.attribution.record(seen);
    this.#planFlush();
    return this;
  }

  /** A new process on the same store; what was not committed is gone. */
  async restart(options: HarnessOptions = {}): Promise<void> {
    Object.assign(this.options, options);
    [this.aggregator, this.attribution, this.join] = this.#create();
    await this.start();
  }

  /** Requests of a model at times after `START_MS`. */
  request(model: string, ...requests: readonly TestRequest[]): void {
    const { sink } = this.join;
    const tags = { model, variant: 'v', version: '', operation: '', server: '', labels: {} };
    const series = sink.openSeries(tags);
    const spans = requests.map(({ endMs, ms, phases, gpu, ...rest }) => ({
      ...rest,
      series,
      ...(gpu !== undefined && { gpu: sink.openGpu(gpu) }),
      endMs: START_MS + endMs,
      durationNs: ms * 1e6,
      phases: (phases ?? []).map((phase) => ({
        phase: sink.openPhase(phase.name),
        ns: phase.ms * 1e6,
        offsetNs: phase.offsetMs === undefined ? undefined : phase.offsetMs * 1e6,
      })),
    }));
    sink.record(spanBatch(spans), this.clock.wallMs());
  }

  /** One second after another: load, answers of the GPUs, and a flush when one is due. Returns what was written. */
  async run(durationMs: number): Promise<readonly GpuRow[]> {
    const first = this.rows.length;
    for (let passedMs = 0; passedMs < durationMs; passedMs += TICK_MS) {
      this.clock.advance(TICK_MS);
      const toMs = this.clock.wallMs() - START_MS;
      this.load(toMs - TICK_MS, toMs);
      this.tick();
      if (this.clock.monotonicMs() >= this.#flushAtMs) await this.flush();
    }
    return this.rows.slice(first);
  }

  tick(): void {
    const nowMs = this.clock.wallMs();
    this.join.record(this.gpus.flatMap((gpu) => gpu.sample(nowMs) ?? []));
  }

  async flush(): Promise<void> {
    const nowMs = this.clock.wallMs();
    await this.aggregator.flush(nowMs, () => {});
    await this.join.flush(nowMs, (points) => this.rows.push(...points.map(rowOf)));
    this.#planFlush();
  }

  async commit(): Promise<void> {
    const captured = [this.aggregator.capture(), this.join.capture()];
    const statements = [];
    for (const part of captured) statements.push(...(await part.statements()));
    await this.database.transaction(statements);
    for (const part of captured) part.committed();
  }

  /** The rows of one window that ends so long after the start. */
  at(endMs: number, window = '10s'): readonly GpuRow[] {
    return this.rows.filter((row) => row.endMs === endMs && row.window === window);
  }

  /** The one row of a model, of one window. Throws unless there is just one. */
  only(model: string, endMs: number, window = '10s', gpu?: string): FieldsOf<'inference_gpu'> {
    const rows = this.at(endMs, window).filter(
      (row) => row.model === model && (gpu === undefined || row.gpu === gpu),
    );
    if (rows.length !== 1) throw new Error(`there are ${rows.length} rows of ${model} at ${endMs} ms`);
    return rows[0].fields;
  }

  #planFlush(): void {
    const waitMs = this.aggregator.nextFlushMs() - this.clock.wallMs();
    this.#flushAtMs = this.clock.monotonicMs() + waitMs;
  }

  #create(): [Aggregator, GpuAttribution, GpuJoin] {
    const {
      devices = 'auto',
      expectTensor,
      ofPod,
      watchedPids,
      intervalMs,
      windowsMs,
      latenessMs,
    } = this.options;
    const edge = { clock: this.clock, log: new SilentLogger(), yieldToLoop: async () => {} };
    const shared = { intervalMs, windowsMs, latenessMs, maxSeries: 50 };
    const aggregator = new Aggregator(
      { ...shared, graceMs: 2000, maxNewSeriesPerDay: 1000, objectives: [] },
      BASE_TAGS,
      edge,
    );
    const attribution = new GpuAttribution({
      devices,
      ...(ofPod && { ofPod }),
      ...(watchedPids && { watchedPids }),
    });
    const join = new GpuJoin(
      { ...shared, tickMs: TICK_MS, ...(expectTensor && { expectTensor }) },
      BASE_TAGS,
      { windows: aggregator, attribution },
      edge,
    );
    return [aggregator, attribution, join];
  }
}

function rowOf(point: Point): GpuRow {
  const { tags } = point.series;
  return {
    model: tags['model'],
    window: tags['window'],
    gpu: tags['gpu'],
    endMs: point.timestampMs - START_MS,
    tags,
    fields: point.fields as FieldsOf<'inference_gpu'>,
  };
}

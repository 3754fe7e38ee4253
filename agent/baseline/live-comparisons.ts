import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { type FieldsOf, type Point, PointSeries, type Tags } from '../core/point.ts';
import type { BaselineStore, KeptBaseline } from './baseline-store.ts';
import type { Baselines } from './baselines.ts';
import type { Comparison } from './comparison.ts';
import type { Followed } from './followed-series.ts';
import { type LiveVerdict, LOOK_CONFIDENCE, lookLengthMs, takeLook } from './live-verdict.ts';
import { TRAILING_MS } from './range-source.ts';
import type { RecordedRange } from './recorded-range.ts';
import type { SeriesRecorder } from './series-recorder.ts';
import { seriesKey } from './series-selector.ts';

export type Emit = (points: readonly Point[]) => void;

export interface LiveParts {
  readonly recorder: SeriesRecorder;
  readonly store: BaselineStore;
  readonly baselines: Pick<Baselines, 'compareSources'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs: number;
}

/** A series that runs now, beside a baseline of its model. */
interface Pair {
  readonly key: string;
  readonly followed: Followed;
  readonly baseline: KeptBaseline;
}

/** What is known of a pair from looks before. */
interface PairState {
  readonly series: PointSeries<'inference_comparison'>;
  readonly savedMs: number;
  verdict: LiveVerdict | undefined;
  /** Where the last look ended. */
  lookedMs: number;
}

/** Pairs that are compared a second at most; with more, each has its turn less often. Each takes another thread some 5 ms. */
const PAIRS_PER_SECOND = 3.2;
const FIGURES = ['latency_mean', 'latency_p50', 'latency_p95', 'latency_p99'] as const;

/**
 * Compares the series that run with the baselines of their models, over and over: the last minutes for the ratios, and
 * for the verdict ranges that no other look sees. Works beside the flush, which takes what is ready.
 */
export class LiveComparisons {
  readonly #parts: LiveParts;
  readonly #baseTags: Tags;
  readonly #maxPairs: number;
  #states = new Map<string, PairState>();
  #ready: Point[] = [];
  #round: Promise<void> | undefined;
  #turn = 0;
  #isStopped = false;
  #failure = '';
  /** Pairs of the last round, and those that had to wait for another one. */
  pairs = 0;
  waiting = 0;

  constructor(parts: LiveParts, baseTags: Tags) {
    this.#parts = parts;
    this.#baseTags = baseTags;
    this.#maxPairs = Math.max(1, Math.round((PAIRS_PER_SECOND * parts.intervalMs) / 1000));
  }

  /** Emits what is ready, and begins another round unless one is under way. */
  flush(nowMs: number, emit: Emit): void {
    if (this.#ready.length > 0) emit(this.#ready.splice(0));
    if (this.#round !== undefined || this.#isStopped) return;
    const pairs = this.#pairsOf(nowMs);
    this.pairs = Math.min(pairs.length, this.#maxPairs);
    this.waiting = pairs.length - this.pairs;
    if (pairs.length === 0) return;
    this.#round = this.#compareAll(this.#nextOf(pairs)).finally(() => {
      this.#round = undefined;
    });
  }

  /** Nothing more is compared; what goes wrong from now on is nobody's concern. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#round;
  }

  /** Resolves when no round is under way. */
  async settled(): Promise<void> {
    await this.#round;
  }

  /** Series that had requests lately, each with the baselines of its model and operation. */
  #pairsOf(nowMs: number): readonly Pair[] {
    const { recorder, store } = this.#parts;
    const baselines = store.known();
    if (baselines.length === 0) return [];
    const { all, lastSpanMs } = recorder.followed;
    const running = all.filter(({ slot }) => nowMs - lastSpanMs[slot] < TRAILING_MS);
    const pairs = running.flatMap((followed) => {
      const { model, operation } = followed.tags;
      return baselines
        .filter(({ series }) => series.model === model && series.operation === operation)
        .map((baseline) => ({ key: `${baseline.name} ${seriesKey(followed.tags)}`, followed, baseline }));
    });
    const keys = new Set(pairs.map(({ key }) => key));
    for (const key of this.#states.keys()) if (!keys.has(key)) this.#states.delete(key);
    return pairs;
  }

  #nextOf(pairs: readonly Pair[]): readonly Pair[] {
    if (pairs.length <= this.#maxPairs) return pairs;
    const start = this.#turn % pairs.length;
    this.#turn = start + this.#maxPairs;
    return [...pairs.slice(start), ...pairs.slice(0, start)].slice(0, this.#maxPairs);
  }

  async #compareAll(pairs: readonly Pair[]): Promise<void> {
    for (const pair of pairs) {
      if (this.#isStopped) return;
      try {
        await this.#comparePair(pair);
      } catch (error) {
        this.#tell(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #comparePair(pair: Pair): Promise<void> {
    const { recorder, clock } = this.#parts;
    const state = this.#stateOf(pair);
    const toMs = Math.floor(recorder.settledMs(clock.wallMs()) / 1000) * 1000;
    const range = recorder.read(pair.followed, toMs - TRAILING_MS, toMs);
    const { sliceMs } = range;
    const coverage = (range.numbers.length * sliceMs) / TRAILING_MS;
    const comparison = await this.#compare(pair.baseline.name, range);
    if (comparison === undefined) return;
    if (state.lookedMs === 0) state.lookedMs = toMs;
    if (toMs - state.lookedMs >= lookLengthMs(sliceMs)) {
      const unseen = recorder.read(pair.followed, state.lookedMs, toMs);
      const look = await this.#compare(pair.baseline.name, unseen, LOOK_CONFIDENCE);
      if (look !== undefined) state.verdict = takeLook(state.verdict, look);
      state.lookedMs = toMs;
    }
    const fields = { ...fieldsOf(comparison, state.verdict), coverage_ratio: coverage };
    this.#ready.push({ series: state.series, fields, timestampMs: toMs });
  }

  async #compare(name: string, range: RecordedRange, confidence?: number): Promise<Comparison | undefined> {
    const result = await this.#parts.baselines.compareSources(name, { kind: 'range', range }, confidence);
    if (!('kind' in result)) return result.comparison;
    // Someone deleted it meanwhile.
    if (result.code !== 'not_found') this.#tell(result.message);
    return undefined;
  }

  #stateOf({ key, followed, baseline }: Pair): PairState {
    const known = this.#states.get(key);
    if (known?.savedMs === baseline.savedMs) return known;
    const { labels, ...own } = followed.tags;
    const tags = { ...labels, ...this.#baseTags, ...own, baseline: baseline.name };
    const created = {
      series: new PointSeries('inference_comparison', tags),
      savedMs: baseline.savedMs,
      verdict: undefined,
      lookedMs: 0,
    };
    this.#states.set(key, created);
    return created;
  }

  /** Once for each thing that goes wrong, not each interval. */
  #tell(message: string): void {
    if (message !== this.#failure && !this.#isStopped)
      this.#parts.log.warn({}, `a comparison failed: ${message}`);
    this.#failure = message;
  }
}

function fieldsOf(
  { metrics }: Comparison,
  verdict: LiveVerdict | undefined,
): FieldsOf<'inference_comparison'> {
  const row = (metric: string) => metrics.find((one) => one.metric === metric);
  const ratios = FIGURES.flatMap((metric) => {
    const { ratio, low, high } = row(metric) ?? {};
    const name = `${metric}_ratio`;
    return [
      [name, ratio],
      [`${name}_low`, low],
      [`${name}_high`, high],
    ];
  });
  return {
    ...Object.fromEntries(ratios),
    request_rate_ratio: row('request_rate')?.ratio,
    energy_per_request_ratio: row('energy_per_request')?.ratio,
    memory_ratio: row('memory')?.ratio,
    verdict: verdict?.verdict ?? 'too_few_requests',
  };
}

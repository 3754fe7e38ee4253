import { binOf } from '../core/duration-bins.ts';
import { NO_SERIES, OVERFLOW_SERIES, type SpanColumns, SpanStatus } from '../core/span-sink.ts';
import { BASIC_COUNTERS, Counter } from './series-counters.ts';
import type { Slice } from './slice.ts';
import type { SliceOpener } from './slice-opener.ts';
import { ERROR_LATENCY, FIRST_PHASE, LATENCY } from './track-table.ts';
import type { WindowState } from './window-state.ts';

/**
 * Counts spans in their slices: the hot path, without allocation (test/bench/ingest.ts). A span that comes after its
 * slice was added to the running windows is added to these as well.
 */
export class Recorder {
  readonly #state: WindowState;
  readonly #opener: SliceOpener;
  overflowedSpans = 0;
  /** Spans older than `SpanSink.oldestMs`; ingest refuses those, so that this stays 0. */
  lostSpans = 0;

  constructor(state: WindowState, opener: SliceOpener) {
    this.#state = state;
    this.#opener = opener;
  }

  record(spans: SpanColumns, nowMs: number): void {
    const { intervalMs } = this.#state.options;
    for (let span = 0; span < spans.count; span++) {
      const series = spans.series[span];
      if (series === NO_SERIES) continue;
      const index = Math.floor(spans.endMs[span] / intervalMs);
      if (index < this.#state.finalEnd) {
        this.lostSpans++;
        continue;
      }
      const slice = this.#opener.open(index);
      slice.changed = true;
      if (series === OVERFLOW_SERIES) this.overflowedSpans++;
      this.#count(slice, series, spans, span);
      this.#observeAll(slice, series, spans, span);
      if (index < this.#state.standing[series]) slice.touch(series, this.#state.standing[series]);
      const open = this.#state.series.get(series);
      if (open !== undefined) open.lastSeenMs = nowMs;
    }
  }

  #count(slice: Slice, series: number, spans: SpanColumns, span: number): void {
    if (series >= slice.seriesCapacity) slice.ensureSeries(series + 1);
    const counters = slice.counters;
    const base = series * BASIC_COUNTERS;
    const weight = spans.weight[span];
    const durationNs = spans.durationNs[span];
    const status = spans.status[span];
    counters[base + Counter.requests]++;
    counters[base + Counter.weight] += weight;
    counters[base + Counter.weightedNs] += weight * durationNs;
    if (status !== SpanStatus.unspecified) counters[base + Counter.stated]++;
    if (status === SpanStatus.error) {
      counters[base + Counter.errors]++;
      counters[base + Counter.judged]++;
    } else if (!Number.isNaN(this.#state.objectivesNs[series])) {
      this.#judge(counters, base, spans, span);
    }
    const { batchSize, inputTokens, outputTokens } = spans;
    if (!(batchSize[span] >= 0 || inputTokens[span] >= 0 || outputTokens[span] >= 0)) return;
    counters[base + Counter.given]++;
    slice.ensureExtras();
    this.#countGiven(slice.extras, base - BASIC_COUNTERS, spans, span);
  }

  /** A success that states no time to first token, where there is a limit to it, is neither good nor bad. */
  #judge(counters: Float64Array, base: number, spans: SpanColumns, span: number): void {
    const { objectivesNs, ttftObjectivesNs } = this.#state;
    const series = spans.series[span];
    const isInTime = spans.durationNs[span] <= objectivesNs[series];
    const ttftLimitNs = ttftObjectivesNs[series];
    const ttftNs = ttftLimitNs === Number.POSITIVE_INFINITY ? 0 : this.#ttftNs(spans, span);
    if (isInTime && Number.isNaN(ttftNs)) return;
    counters[base + Counter.judged]++;
    if (isInTime && ttftNs <= ttftLimitNs) counters[base + Counter.good]++;
  }

  #ttftNs({ phaseStart, phase, phaseNs }: SpanColumns, span: number): number {
    for (let at = phaseStart[span]; at < phaseStart[span + 1]; at++) {
      if (phase[at] === this.#state.ttftPhase) return phaseNs[at];
    }
    return Number.NaN;
  }

  /** What is NaN was not given. `extras[base + counter]` are the series' own. */
  #countGiven(extras: Float64Array, base: number, spans: SpanColumns, span: number): void {
    const weight = spans.weight[span];
    const inputTokens = spans.inputTokens[span];
    const outputTokens = spans.outputTokens[span];
    addGiven(extras, base + Counter.items, spans.batchSize[span], weight);
    addGiven(extras, base + Counter.inputTokens, inputTokens, weight);
    addGiven(extras, base + Counter.outputTokens, outputTokens, weight);
    if (inputTokens >= 0) extras[base + Counter.inputTokensObserved] += inputTokens;
    if (outputTokens >= 0) extras[base + Counter.outputTokensObserved] += outputTokens;
  }

  #observeAll(slice: Slice, series: number, spans: SpanColumns, span: number): void {
    const failed = spans.status[span] === SpanStatus.error;
    this.#observe(slice, series, failed ? ERROR_LATENCY : LATENCY, spans.durationNs[span]);
    if (failed) return;
    const end = spans.phaseStart[span + 1];
    for (let phase = spans.phaseStart[span]; phase < end; phase++) {
      this.#observe(slice, series, FIRST_PHASE + spans.phase[phase], spans.phaseNs[phase]);
    }
  }

  #observe(slice: Slice, series: number, kind: number, durationNs: number): void {
    const track = this.#state.tracks.open(series, kind);
    slice.observe(track, durationNs);
    const standing = this.#state.standing[series];
    if (slice.index < standing)
      this.#addLate(track, binOf(durationNs), { index: slice.index, end: standing });
  }

  #addLate(track: number, bin: number, at: { index: number; end: number }): void {
    for (const window of this.#state.running) window.addLate(track, bin, at);
  }
}

/** A sum and, in the counter after it, how many gave a value; NaN: not given. */
function addGiven(extras: Float64Array, at: number, value: number, weight: number): void {
  if (!(value >= 0)) return;
  extras[at] += value * weight;
  extras[at + 1]++;
}

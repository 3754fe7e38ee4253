import type { HistogramTotals, SeriesTotals } from '../core/totals.ts';
import type { DenseBins } from './dense-bins.ts';
import { binMidpointsNs } from './duration-bins.ts';
import { grown } from './growable.ts';
import { COUNTER_COUNT, Counter } from './series-counters.ts';
import type { OpenSeries } from './series-table.ts';
import { SketchStore } from './sketch-store.ts';
import type { Slice, TrackSummary } from './slice.ts';
import { FIRST_PHASE, LATENCY } from './track-table.ts';
import type { WindowState } from './window-state.ts';

/**
 * What was counted since a series was opened: closed slices are added to a base, open ones are read with it, so that
 * the sums only grow.
 */
export class TotalsBook {
  readonly #state: WindowState;
  readonly #bins = new SketchStore();
  #sumsNs = new Float64Array(64);
  #counters = new Float64Array(64 * COUNTER_COUNT);
  /** By track, and by series: slices before this one are in the base. */
  #trackEnd = new Float64Array(64);
  #seriesEnd = new Float64Array(64);

  constructor(state: WindowState) {
    this.#state = state;
  }

  /** Takes one series' part of a slice that closes; slices come in their order. */
  add(series: number, slice: Slice): void {
    this.#merge(series, slice, 1);
    this.#seriesEnd[series] = slice.index + 1;
    for (const track of this.#state.tracks.of(series)) this.#trackEnd[track.id] = slice.index + 1;
  }

  /** What a restored slice holds was counted by an earlier run: it will cancel out. */
  exclude(series: number, slice: Slice): void {
    this.#merge(series, slice, -1);
  }

  forget(series: number): void {
    this.#counters.fill(0, series * COUNTER_COUNT, (series + 1) * COUNTER_COUNT);
    for (const track of this.#state.tracks.of(series)) {
      this.#bins.clearRow(track.id);
      this.#sumsNs[track.id] = 0;
    }
  }

  read({ id, tags }: OpenSeries, boundsSeconds: readonly number[]): SeriesTotals {
    const counters = new Float64Array(COUNTER_COUNT);
    if (id < this.#seriesEnd.length)
      counters.set(this.#counters.subarray(id * COUNTER_COUNT, (id + 1) * COUNTER_COUNT));
    for (const slice of this.#newer(this.#seriesEnd[id] ?? 0)) addCounters(slice, id, counters, 1);
    const phases: Record<string, HistogramTotals> = {};
    let latency: HistogramTotals = { buckets: boundsSeconds.map(() => 0), sumSeconds: 0, count: 0 };
    for (const track of this.#state.tracks.of(id)) {
      if (track.kind === LATENCY) latency = this.#histogram(track.id, boundsSeconds);
      if (track.kind < FIRST_PHASE) continue;
      phases[this.#state.phases.nameOf(track.kind - FIRST_PHASE)] = this.#histogram(track.id, boundsSeconds);
    }
    return {
      tags,
      requests: counters[Counter.requests],
      errors: counters[Counter.errors],
      inputTokens: counters[Counter.inputTokensObserved],
      outputTokens: counters[Counter.outputTokensObserved],
      latency,
      phases,
    };
  }

  #merge(series: number, slice: Slice, sign: 1 | -1): void {
    if (series >= this.#seriesEnd.length) {
      this.#seriesEnd = grown(this.#seriesEnd, series + 1);
      this.#counters = grown(this.#counters, this.#seriesEnd.length * COUNTER_COUNT);
    }
    addCounters(slice, series, this.#counters.subarray(series * COUNTER_COUNT), sign);
    for (const track of this.#state.tracks.of(series)) this.#mergeTrack(track.id, slice, sign);
  }

  #mergeTrack(track: number, slice: Slice, sign: 1 | -1): void {
    if (track >= this.#trackEnd.length) {
      this.#trackEnd = grown(this.#trackEnd, track + 1);
      this.#sumsNs = grown(this.#sumsNs, this.#trackEnd.length);
    }
    const summary: TrackSummary = { count: 0, sumNs: 0, minNs: 0, maxNs: 0 };
    slice.summarize(track, summary);
    if (summary.count === 0) return;
    this.#sumsNs[track] += sign * summary.sumNs;
    const bins = this.#state.scratch;
    bins.clear();
    slice.readBins(track, bins, sign);
    this.#bins.merge(track, bins);
  }

  #histogram(track: number, boundsSeconds: readonly number[]): HistogramTotals {
    const summary: TrackSummary = { count: 0, sumNs: 0, minNs: 0, maxNs: 0 };
    const bins = this.#state.scratch;
    bins.clear();
    this.#bins.read(track, bins, 1);
    for (const slice of this.#newer(this.#trackEnd[track] ?? 0)) {
      slice.summarize(track, summary);
      slice.readBins(track, bins, 1);
    }
    return countBelow(bins, boundsSeconds, (this.#sumsNs[track] ?? 0) + summary.sumNs);
  }

  #newer(end: number): Slice[] {
    return this.#state.ring.inUse().filter((slice) => slice.index >= end);
  }
}

function addCounters(slice: Slice, series: number, target: Float64Array, sign: 1 | -1): void {
  if (series >= slice.seriesCapacity) return;
  const base = series * COUNTER_COUNT;
  for (let counter = 0; counter < COUNTER_COUNT; counter++)
    target[counter] += sign * slice.counters[base + counter];
}

/** A bin counts below a bound if its midpoint does. */
function countBelow(bins: DenseBins, boundsSeconds: readonly number[], sumNs: number): HistogramTotals {
  let count = 0;
  let bin = bins.first;
  const buckets = boundsSeconds.map((bound) => {
    while (bin < bins.end && binMidpointsNs[bin] <= bound * 1e9) count += bins.counts[bin++];
    return count;
  });
  while (bin < bins.end) count += bins.counts[bin++];
  return { buckets, sumSeconds: sumNs / 1e9, count };
}

import { binMidpointsNs } from '../core/duration-bins.ts';
import { grown } from '../core/growable.ts';
import type { HistogramTotals, SeriesTotals } from '../core/totals.ts';
import { BinList } from './bin-list.ts';
import { COUNTER_COUNT, Counter } from './series-counters.ts';
import type { OpenSeries } from './series-table.ts';
import { SketchStore } from './sketch-store.ts';
import { createTrackSummary, type Slice } from './slice.ts';
import { FIRST_PHASE, LATENCY } from './track-table.ts';
import type { WindowState } from './window-state.ts';

/**
 * What was counted since a series was opened. A slice that can no longer change is booked: added to a base. The others
 * are read with the base, so that the sums only grow.
 */
export class TotalsBook {
  readonly #state: WindowState;
  readonly #bins = new SketchStore();
  /** Bins that restored slices brought along: in the base sooner or later, and always taken away. */
  readonly #excluded = new SketchStore();
  /** By track. */
  #sumsNs = new Float64Array(64);
  /** By series, `COUNTER_COUNT` of them. */
  #counters = new Float64Array(64 * COUNTER_COUNT);

  constructor(state: WindowState) {
    this.#state = state;
  }

  /** Books one series' part of a slice that closes; series come in the order of their ids. */
  book(series: number, slice: Slice): void {
    if (series < slice.bookedSeries) return;
    this.#merge(series, slice, 1);
    slice.bookedSeries = series + 1;
  }

  /** Books what is left of a slice that is about to go. */
  bookAll(slice: Slice): void {
    for (const { id } of this.#state.series.all()) this.book(id, slice);
    slice.bookedSeries = Number.POSITIVE_INFINITY;
  }

  /** What a restored slice holds was counted by an earlier run. */
  exclude(series: number, slice: Slice): void {
    this.#merge(series, slice, -1);
  }

  forget(series: number): void {
    this.#counters.fill(0, series * COUNTER_COUNT, (series + 1) * COUNTER_COUNT);
    for (const track of this.#state.tracks.of(series)) {
      this.#bins.clearRow(track.id);
      this.#excluded.clearRow(track.id);
      this.#sumsNs[track.id] = 0;
    }
  }

  /** Slices that are to be read with the base; the same for all series that are read in one turn. */
  pending(): readonly Slice[] {
    return this.#state.ring.inUse().filter(({ bookedSeries }) => bookedSeries !== Number.POSITIVE_INFINITY);
  }

  read({ id, tags }: OpenSeries, boundsSeconds: readonly number[], pending: readonly Slice[]): SeriesTotals {
    const slices = pending.filter(({ bookedSeries }) => id >= bookedSeries);
    const counters = new Float64Array(COUNTER_COUNT);
    counters.set(this.#counters.subarray(id * COUNTER_COUNT, (id + 1) * COUNTER_COUNT));
    for (const slice of slices) slice.addCounters(id, counters, 1);
    const phases: Record<string, HistogramTotals> = {};
    let latency: HistogramTotals = { buckets: boundsSeconds.map(() => 0), sumSeconds: 0, count: 0 };
    for (const track of this.#state.tracks.of(id)) {
      if (track.kind === LATENCY) latency = this.#histogram(track.id, boundsSeconds, slices);
      if (track.kind < FIRST_PHASE) continue;
      const name = this.#state.phases.nameOf(track.kind - FIRST_PHASE);
      phases[name] = this.#histogram(track.id, boundsSeconds, slices);
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
    if ((series + 1) * COUNTER_COUNT > this.#counters.length)
      this.#counters = grown(this.#counters, (series + 1) * COUNTER_COUNT);
    slice.addCounters(series, this.#counters.subarray(series * COUNTER_COUNT), sign);
    for (const track of this.#state.tracks.of(series)) this.#mergeTrack(track.id, slice, sign);
  }

  #mergeTrack(track: number, slice: Slice, sign: 1 | -1): void {
    const summary = createTrackSummary();
    slice.summarize(track, summary);
    if (summary.count === 0) return;
    if (track >= this.#sumsNs.length) this.#sumsNs = grown(this.#sumsNs, track + 1);
    this.#sumsNs[track] += sign * summary.sumNs;
    slice.addTo(sign === 1 ? this.#bins : this.#excluded, track, track, 1);
  }

  #histogram(track: number, boundsSeconds: readonly number[], slices: readonly Slice[]): HistogramTotals {
    const summary = createTrackSummary();
    const { scratch } = this.#state;
    scratch.clearRow(0);
    scratch.addRow(0, this.#bins, track, 1);
    for (const slice of slices) {
      slice.summarize(track, summary);
      slice.addTo(scratch, 0, track, 1);
    }
    scratch.addRow(0, this.#excluded, track, -1);
    return countBelow(scratch, boundsSeconds, (this.#sumsNs[track] ?? 0) + summary.sumNs);
  }
}

const list = new BinList();

/** A bin counts below a bound if its midpoint does. */
function countBelow(store: SketchStore, boundsSeconds: readonly number[], sumNs: number): HistogramTotals {
  const buckets = new Array<number>(boundsSeconds.length).fill(0);
  let count = 0;
  let bound = 0;
  store.list(0, list);
  for (let i = 0; i < list.length; i++) {
    for (; bound < buckets.length && binMidpointsNs[list.bins[i]] > boundsSeconds[bound] * 1e9; bound++)
      buckets[bound] = count;
    count += list.countAt(i);
  }
  buckets.fill(count, bound);
  return { buckets, sumSeconds: sumNs / 1e9, count };
}

import { binOf } from '../core/duration-bins.ts';
import { grown } from '../core/growable.ts';
import { BASIC_COUNTERS, COUNTER_COUNT, Counter } from './series-counters.ts';
import type { SketchStore } from './sketch-store.ts';
import { SparseReader, type SparseWriter } from './sparse-bins.ts';

/** A track's scalars in a slice: count, sum of ns, least ns, greatest ns. */
const TRACK_STRIDE = 4;

/** Scalars of one distribution, over one slice or several. */
export interface TrackSummary {
  count: number;
  sumNs: number;
  minNs: number;
  maxNs: number;
}

export function createTrackSummary(): TrackSummary {
  return { count: 0, sumNs: 0, minNs: 0, maxNs: 0 };
}

export function clearTrackSummary(summary: TrackSummary): void {
  summary.count = 0;
  summary.sumNs = 0;
  summary.minNs = 0;
  summary.maxNs = 0;
}

/**
 * One slice of time: counters of each series and the distribution of each track (a track is one distribution of one
 * series: its latency, its error latency, or a phase). Open, its bins are in a `SketchStore`; closed, when nothing can
 * come any more, they are a run of varints a track.
 */
export class Slice {
  /** Number of the slice since the epoch; -1: not in use. */
  index = -1;
  /** Recorded into since the last committed capture. */
  changed = false;
  /** By series, the first `BASIC_COUNTERS` of its counters. */
  counters = new Float64Array(0);
  /** By series, its other counters; empty as long as no request gave any. */
  extras = new Float64Array(0);
  /** By series: the greatest end that had been emitted of it when a span last came late; 0: none did. */
  touchedEnd = new Float64Array(0);
  /** The greatest of `touchedEnd`. */
  latestTouch = 0;
  /** Series below this id are in the base of the totals; see `TotalsBook`. */
  bookedSeries = 0;
  #tracks = new Float64Array(0);
  #store: SketchStore | undefined;
  #encoded = new Uint8Array(0);
  /** By track: where its bins begin in `#encoded`, plus one; 0: none. */
  #offsets = new Uint32Array(0);

  get isOpen(): boolean {
    return this.#store !== undefined;
  }

  /** The bins of all tracks, while the slice is open. */
  get store(): SketchStore | undefined {
    return this.#store;
  }

  get seriesCapacity(): number {
    return this.touchedEnd.length;
  }

  open(index: number, store: SketchStore): void {
    this.index = index;
    this.changed = false;
    this.counters.fill(0);
    this.extras.fill(0);
    this.touchedEnd.fill(0);
    this.latestTouch = 0;
    this.bookedSeries = 0;
    this.#tracks.fill(0);
    this.#store = store;
    this.#encoded = new Uint8Array(0);
    this.#offsets = new Uint32Array(0);
  }

  /** Takes the slice out of use; returns its store, if it still has one. */
  release(): SketchStore | undefined {
    const store = this.#store;
    this.index = -1;
    this.#store = undefined;
    this.#encoded = new Uint8Array(0);
    return store;
  }

  ensureSeries(count: number): void {
    if (this.touchedEnd.length >= count) return;
    this.touchedEnd = grown(this.touchedEnd, count);
    this.counters = grown(this.counters, this.touchedEnd.length * BASIC_COUNTERS);
    if (this.extras.length > 0) this.ensureExtras();
  }

  ensureExtras(): void {
    if (this.extras.length < this.counters.length) this.extras = grown(this.extras, this.counters.length);
  }

  /** Hot. Adds all counters of a series to `sums`, `sign` times. */
  addCounters(series: number, sums: Float64Array, sign: 1 | -1): void {
    if (series >= this.touchedEnd.length) return;
    const base = series * BASIC_COUNTERS;
    const counters = this.counters;
    if (counters[base + Counter.requests] === 0) return;
    for (let counter = 0; counter < BASIC_COUNTERS; counter++)
      sums[counter] += sign * counters[base + counter];
    if (counters[base + Counter.given] === 0) return;
    for (let counter = BASIC_COUNTERS; counter < COUNTER_COUNT; counter++)
      sums[counter] += sign * this.extras[base + counter - BASIC_COUNTERS];
  }

  restoreCounter(series: number, counter: number, value: number): void {
    this.ensureSeries(series + 1);
    const base = series * BASIC_COUNTERS;
    if (counter < BASIC_COUNTERS) {
      this.counters[base + counter] = value;
      return;
    }
    this.ensureExtras();
    this.extras[base + counter - BASIC_COUNTERS] = value;
  }

  /** A span came for windows that had been emitted up to `end`. */
  touch(series: number, end: number): void {
    this.touchedEnd[series] = end;
    if (end > this.latestTouch) this.latestTouch = end;
  }

  /** Leaves nothing of a series behind, so that another one may take its ids. */
  purge(series: number, tracks: readonly number[]): void {
    if (series < this.seriesCapacity) {
      this.counters.fill(0, series * BASIC_COUNTERS, (series + 1) * BASIC_COUNTERS);
      this.extras.fill(0, series * BASIC_COUNTERS, (series + 1) * BASIC_COUNTERS);
      this.touchedEnd[series] = 0;
    }
    for (const track of tracks) {
      this.#tracks.fill(0, track * TRACK_STRIDE, (track + 1) * TRACK_STRIDE);
      this.#store?.clearRow(track);
      if (track < this.#offsets.length) this.#offsets[track] = 0;
    }
  }

  /** Hot. Counts one duration in a track of an open slice. */
  observe(track: number, durationNs: number): void {
    const at = track * TRACK_STRIDE;
    if (at >= this.#tracks.length) this.#tracks = grown(this.#tracks, at + TRACK_STRIDE);
    const tracks = this.#tracks;
    const count = tracks[at];
    tracks[at] = count + 1;
    tracks[at + 1] += durationNs;
    if (count === 0 || durationNs < tracks[at + 2]) tracks[at + 2] = durationNs;
    if (durationNs > tracks[at + 3]) tracks[at + 3] = durationNs;
    (this.#store as SketchStore).increment(track, binOf(durationNs));
  }

  /** Adds the scalars of a track to `summary`. */
  summarize(track: number, summary: TrackSummary): void {
    const at = track * TRACK_STRIDE;
    if (at >= this.#tracks.length) return;
    const count = this.#tracks[at];
    if (count === 0) return;
    const minNs = this.#tracks[at + 2];
    const maxNs = this.#tracks[at + 3];
    if (summary.count === 0 || minNs < summary.minNs) summary.minNs = minNs;
    if (maxNs > summary.maxNs) summary.maxNs = maxNs;
    summary.count += count;
    summary.sumNs += this.#tracks[at + 1];
  }

  /** Hot. Adds the bins of a track to a row of `store`, or takes them away. */
  addTo(store: SketchStore, row: number, track: number, sign: 1 | -1): void {
    if (this.#store !== undefined) {
      store.addRow(row, this.#store, track, sign);
      return;
    }
    const offset = this.#offsets[track] ?? 0;
    if (offset !== 0) new SparseReader(this.#encoded, offset - 1).bins(store, row, sign);
  }

  /** Puts a track back that a checkpoint kept; the slice is open. Throws a RangeError when the bins are damaged. */
  restoreTrack(track: number, summary: TrackSummary, reader: SparseReader): void {
    const at = track * TRACK_STRIDE;
    if (at >= this.#tracks.length) this.#tracks = grown(this.#tracks, at + TRACK_STRIDE);
    this.#tracks.set([summary.count, summary.sumNs, summary.minNs, summary.maxNs], at);
    const total = reader.bins(this.#store as SketchStore, track, 1);
    if (total !== summary.count) throw new RangeError('the bins of a track do not add up to its count');
  }

  /** Takes the bins in their closed form; returns the store for the next slice. */
  close(encoded: Uint8Array<ArrayBuffer>, offsets: Uint32Array<ArrayBuffer>): SketchStore | undefined {
    const store = this.#store;
    this.#store = undefined;
    this.#encoded = encoded;
    this.#offsets = offsets;
    return store;
  }

  /** Writes the bins of one track; false if it has none. */
  encodeTrack(track: number, writer: SparseWriter): boolean {
    const at = track * TRACK_STRIDE;
    if (at >= this.#tracks.length || this.#tracks[at] === 0) return false;
    if (this.#store !== undefined) writer.bins(this.#store, track);
    else writer.bytes(new SparseReader(this.#encoded, this.#offsets[track] - 1).rawBins());
    return true;
  }

  /** Becomes a copy that no longer changes; `takeStore` gives the store for its bins, if it needs one. */
  copyFrom(source: Slice, takeStore: () => SketchStore): void {
    this.index = source.index;
    this.counters = source.counters.slice();
    this.extras = source.extras.slice();
    this.touchedEnd = source.touchedEnd.slice();
    this.#tracks = source.#tracks.slice();
    this.#encoded = source.#encoded;
    this.#offsets = source.#offsets;
    this.#store = undefined;
    if (source.#store === undefined) return;
    this.#store = takeStore();
    this.#store.copyFrom(source.#store);
  }
}

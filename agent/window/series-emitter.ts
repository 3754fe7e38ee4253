import type { Point, Tags } from '../core/point.ts';
import { type Distribution, describeDistribution } from './distribution.ts';
import type { RunningWindow } from './running-window.ts';
import { COUNTER_COUNT, Counter } from './series-counters.ts';
import { SeriesPointKeys } from './series-point-keys.ts';
import type { TrackSummary } from './slice.ts';
import { ERROR_LATENCY, FIRST_PHASE, LATENCY, type Track } from './track-table.ts';
import { inferenceFields, phaseFields } from './window-fields.ts';
import type { WindowLength } from './window-length.ts';
import type { WindowState } from './window-state.ts';

/** Turns one series' windows into points. */
export class SeriesEmitter {
  readonly #state: WindowState;
  readonly #baseTags: Tags;
  /** By series, then window. */
  readonly #keys: (SeriesPointKeys[] | undefined)[] = [];
  /** By series, then window: whether the last provisional point had requests, so that one with 0 has to follow. */
  readonly #active: (boolean[] | undefined)[] = [];
  readonly #counters = new Float64Array(COUNTER_COUNT);
  /** Coverage by window and end, for all series of a flush. */
  readonly #coverage = new Map<string, number>();

  constructor(state: WindowState, baseTags: Tags) {
    this.#state = state;
    this.#baseTags = baseTags;
  }

  /** Coverage is computed once a flush. */
  beginFlush(): void {
    this.#coverage.clear();
  }

  /** After a restart: the windows of this series may have to end with a point of 0 requests. */
  expectSilence(series: number): void {
    this.#active[series] = this.#state.lengths.map(() => true);
  }

  forget(series: number): void {
    this.#keys[series] = undefined;
    this.#active[series] = undefined;
  }

  /** Moves the series' windows from the end `standing` to `standing + 1` and adds what is to be said of it. */
  advance(series: number, points: Point[]): void {
    const standing = this.#state.standing[series];
    for (const track of this.#state.tracks.of(series)) {
      for (const window of this.#state.running) window.advance(track.id, standing);
    }
    this.#state.standing[series] = standing + 1;
    const end = standing + 1;
    if (end <= this.#state.floorEnd) return;
    this.#state.lengths.forEach((length, window) => {
      if (end % length.hop === 0) this.#emitProvisional(series, window, { end, points });
    });
  }

  /** Adds the points of windows that ended at `end` and changed since they were emitted. */
  emitFinal(series: number, end: number, points: Point[]): void {
    if (end <= this.#state.floorEnd) return;
    this.#state.lengths.forEach((length, window) => {
      if (end % length.hop === 0 && this.#cameLate(series, length, end))
        this.#emit(series, window, { end, points });
    });
  }

  #emitProvisional(series: number, window: number, at: { end: number; points: Point[] }): void {
    this.#active[series] ??= this.#state.lengths.map(() => false);
    const active = this.#active[series];
    const requests = this.#sumCounters(series, this.#state.lengths[window] as WindowLength, at.end);
    if (requests > 0 || active[window]) this.#emit(series, window, at);
    active[window] = requests > 0;
  }

  /** Whether a span came into a slice of the window after the window was emitted. */
  #cameLate(series: number, length: WindowLength, end: number): boolean {
    const reach = Math.ceil(this.#state.options.latenessMs / this.#state.options.intervalMs) + 2;
    for (let index = end - 1; index >= end - Math.min(length.slices, reach); index--) {
      const touchedEnd = this.#state.ring.find(index)?.touchedEnd[series];
      if (touchedEnd !== undefined && touchedEnd >= end) return true;
    }
    return false;
  }

  #emit(series: number, window: number, { end, points }: { end: number; points: Point[] }): void {
    const { intervalMs } = this.#state.options;
    const length = this.#state.lengths[window] as WindowLength;
    const tracks = this.#state.tracks;
    this.#sumCounters(series, length, end);
    const describe = (track: Track | undefined): Distribution | undefined =>
      track === undefined
        ? undefined
        : this.#describe(track.id, { length, end, standing: this.#state.standing[series] });
    const coverage = this.#coverageOf(length, end);
    const timestampMs = end * intervalMs;
    const keys = this.#keysOf(series, window);
    const open = tracks.of(series);
    const fields = inferenceFields({
      counters: this.#counters,
      latency: describe(open.find((track) => track.kind === LATENCY)),
      errorLatency: describe(open.find((track) => track.kind === ERROR_LATENCY)),
      windowSeconds: (length.slices * intervalMs) / 1000,
      coverage,
      hasObjective: !Number.isNaN(this.#state.objectivesNs[series]),
    });
    points.push({ series: keys.inference, fields, timestampMs });
    for (const track of open) {
      if (track.kind < FIRST_PHASE) continue;
      const phase = describe(track);
      if (phase === undefined) continue;
      points.push({
        series: keys.phase(track.kind, this.#state.phases),
        fields: phaseFields(phase, coverage),
        timestampMs,
      });
    }
  }

  /** Sums the slices' counters into `#counters`; returns the number of requests. */
  #sumCounters(series: number, length: WindowLength, end: number): number {
    const sums = this.#counters;
    sums.fill(0);
    for (let index = end - length.slices; index < end; index++) {
      const slice = this.#state.ring.find(index);
      if (slice === undefined || series >= slice.seriesCapacity) continue;
      const base = series * COUNTER_COUNT;
      if (slice.counters[base + Counter.requests] === 0) continue;
      for (let counter = 0; counter < COUNTER_COUNT; counter++)
        sums[counter] += slice.counters[base + counter];
    }
    return sums[Counter.requests];
  }

  #describe(
    track: number,
    { length, end, standing }: { length: WindowLength; end: number; standing: number },
  ): Distribution | undefined {
    const summary: TrackSummary = { count: 0, sumNs: 0, minNs: 0, maxNs: 0 };
    for (let index = end - length.slices; index < end; index++)
      this.#state.ring.find(index)?.summarize(track, summary);
    if (summary.count === 0) return undefined;
    const bins = this.#state.scratch;
    bins.clear();
    if (length.slices === 1) this.#state.ring.find(end - 1)?.readBins(track, bins, 1);
    else this.#runningOf(length).read(track, { end, standing }, bins);
    return describeDistribution(summary, bins);
  }

  #runningOf(length: WindowLength): RunningWindow {
    const running = this.#state.running.find((window) => window.length === length);
    if (running === undefined) throw new Error(`bug: there is no running window ${length.name}`);
    return running;
  }

  #coverageOf(length: WindowLength, end: number): number {
    const key = `${length.name}@${end}`;
    const known = this.#coverage.get(key);
    if (known !== undefined) return known;
    const { intervalMs } = this.#state.options;
    const windowMs = length.slices * intervalMs;
    const coverage = this.#state.watch.watchedMs(end * intervalMs - windowMs, end * intervalMs) / windowMs;
    this.#coverage.set(key, coverage);
    return coverage;
  }

  #keysOf(series: number, window: number): SeriesPointKeys {
    const open = this.#state.series.get(series);
    if (open === undefined) throw new Error(`bug: series ${series} is not open`);
    this.#keys[series] ??= this.#state.lengths.map(
      ({ name }) => new SeriesPointKeys(this.#baseTags, open.tags, name),
    );
    return this.#keys[series][window] as SeriesPointKeys;
  }
}

import { grown } from '../core/growable.ts';
import type { Point, Tags } from '../core/point.ts';
import { type Distribution, describeDistribution } from './distribution.ts';
import { type DueWindow, type FlushPlan, slicesOf } from './flush-plan.ts';
import { COUNTER_COUNT, Counter } from './series-counters.ts';
import { SeriesPointKeys } from './series-point-keys.ts';
import type { SketchStore } from './sketch-store.ts';
import { clearTrackSummary, createTrackSummary, type Slice } from './slice.ts';
import { ERROR_LATENCY, FIRST_PHASE, LATENCY } from './track-table.ts';
import { inferenceFields, phaseFields } from './window-fields.ts';
import type { WindowState } from './window-state.ts';

/** The last provisional point had requests, so that one with 0 has to follow. */
const ACTIVE = 1;
/** The last final point came late and had requests: if nothing follows it, a point with 0 must. */
const OWES_ZERO = 2;

/** Turns one series' windows into points. */
export class SeriesEmitter {
  readonly #state: WindowState;
  readonly #baseTags: Tags;
  readonly #plan: FlushPlan;
  /** By series, then window. */
  readonly #keys: (SeriesPointKeys[] | undefined)[] = [];
  /** By series, then window: `ACTIVE` and `OWES_ZERO`. */
  #flags = new Uint8Array(64);
  readonly #counters = new Float64Array(COUNTER_COUNT);
  readonly #summary = createTrackSummary();

  constructor(state: WindowState, baseTags: Tags, plan: FlushPlan) {
    this.#state = state;
    this.#baseTags = baseTags;
    this.#plan = plan;
  }

  /** After a restart: windows that stand and have requests may have to end with a point of 0. */
  resume(series: number): void {
    const standing = this.#state.standing[series];
    this.#state.lengths.forEach((length, window) => {
      const slices = slicesOf(this.#state.ring, length, standing - (standing % length.hop));
      if (this.#sumCounters(series, slices) > 0) this.#setFlags(series, window, ACTIVE);
    });
  }

  forget(series: number): void {
    this.#keys[series] = undefined;
    for (let window = 0; window < this.#state.lengths.length; window++) this.#setFlags(series, window, 0);
  }

  /** Moves the series' windows by one slice and adds what is to be said of it. */
  advance(series: number, points: Point[]): void {
    const end = this.#state.standing[series] + 1;
    const { entering, leaving, due } = this.#plan.step(end);
    const { running } = this.#state;
    for (const track of this.#state.tracks.of(series)) {
      for (let window = 0; window < running.length; window++) {
        running[window].advance(track.id, entering, leaving[window]);
      }
    }
    this.#state.standing[series] = end;
    for (const window of due) this.#emitProvisional(series, window, points);
  }

  /** Adds the points of windows that ended at `end` and changed since they were emitted. */
  emitFinal(series: number, end: number, points: Point[]): void {
    for (const window of this.#plan.finals(end)) {
      const late = cameLate(window, series);
      const owes = (this.#flagsOf(series, window.position) & OWES_ZERO) !== 0;
      if (!late && !owes) continue;
      const requests = this.#sumCounters(series, window.slices);
      if (late || requests === 0) this.#emit(series, window, points);
      const flags = this.#flagsOf(series, window.position) & ACTIVE;
      this.#setFlags(series, window.position, flags | (late && requests > 0 ? OWES_ZERO : 0));
    }
  }

  #emitProvisional(series: number, window: DueWindow, points: Point[]): void {
    const flags = this.#flagsOf(series, window.position);
    const requests = this.#sumCounters(series, window.slices);
    if (requests === 0 && (flags & ACTIVE) === 0) return;
    this.#emit(series, window, points);
    this.#setFlags(series, window.position, (flags & OWES_ZERO) | (requests > 0 ? ACTIVE : 0));
  }

  /** `#counters` hold the window's sums. */
  #emit(series: number, window: DueWindow, points: Point[]): void {
    const { intervalMs } = this.#state.options;
    const { length, end, coverage } = window;
    const timestampMs = end * intervalMs;
    const keys = this.#keysOf(series, window.position);
    const fields = inferenceFields({
      counters: this.#counters,
      latency: this.#describeKind(series, LATENCY, window),
      errorLatency: this.#describeKind(series, ERROR_LATENCY, window),
      windowSeconds: (length.slices * intervalMs) / 1000,
      coverage,
      hasObjective: !Number.isNaN(this.#state.objectivesNs[series]),
    });
    points.push({ series: keys.inference, fields, timestampMs });
    for (const track of this.#state.tracks.of(series)) {
      if (track.kind < FIRST_PHASE) continue;
      const phase = this.#describe(series, track.id, window);
      if (phase === undefined) continue;
      points.push({
        series: keys.phase(track.kind, this.#state.phases),
        fields: phaseFields(phase, coverage),
        timestampMs,
      });
    }
  }

  /** Sums the slices' counters into `#counters`; returns the number of requests. */
  #sumCounters(series: number, slices: readonly Slice[]): number {
    const sums = this.#counters;
    sums.fill(0);
    for (const slice of slices) slice.addCounters(series, sums, 1);
    return sums[Counter.requests];
  }

  #describeKind(series: number, kind: number, window: DueWindow): Distribution | undefined {
    const track = this.#state.tracks.find(series, kind);
    return track === undefined ? undefined : this.#describe(series, track, window);
  }

  #describe(series: number, track: number, window: DueWindow): Distribution | undefined {
    const summary = this.#summary;
    clearTrackSummary(summary);
    for (const slice of window.slices) slice.summarize(track, summary);
    if (summary.count === 0) return undefined;
    const ready = this.#readyStore(window, this.#state.standing[series]);
    if (ready !== undefined) return describeDistribution(summary, ready, track);
    const { scratch } = this.#state;
    scratch.clearRow(0);
    this.#gather(track, window, this.#state.standing[series]);
    return describeDistribution(summary, scratch, 0);
  }

  /** The store that holds just the window's bins, if there is one. */
  #readyStore({ position, end, slices }: DueWindow, standing: number): SketchStore | undefined {
    const running = this.#state.runningByLength[position];
    if (running === undefined) return slices[0].store;
    return standing === end ? running.store : undefined;
  }

  #gather(track: number, { position, end, slices }: DueWindow, standing: number): void {
    const target = { store: this.#state.scratch, row: 0 };
    const running = this.#state.runningByLength[position];
    if (running === undefined) slices[0].addTo(target.store, 0, track, 1);
    else running.read(track, { end, slices, standing }, target);
  }

  #flagsOf(series: number, window: number): number {
    return this.#flags[series * this.#state.lengths.length + window] ?? 0;
  }

  #setFlags(series: number, window: number, flags: number): void {
    const at = series * this.#state.lengths.length + window;
    if (at >= this.#flags.length) this.#flags = grown(this.#flags, at + 1);
    this.#flags[at] = flags;
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

/** Whether a span came into the window after it was emitted. */
function cameLate({ slices, end }: DueWindow, series: number): boolean {
  for (const slice of slices) {
    if (slice.latestTouch >= end && series < slice.seriesCapacity && slice.touchedEnd[series] >= end)
      return true;
  }
  return false;
}

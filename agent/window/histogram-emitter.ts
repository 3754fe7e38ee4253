import { durationLadder, type Rung } from '../core/duration-ladder.ts';
import { slicesPerMinute } from '../core/minute-place.ts';
import { type FieldsOf, type Point, PointSeries } from '../core/point.ts';
import { OVERFLOW_MODEL } from '../core/series-tags.ts';
import type { WorkPacer } from '../core/work-pacer.ts';
import { BinList } from './bin-list.ts';
import { SketchStore } from './sketch-store.ts';
import { clearTrackSummary, createTrackSummary, type Slice } from './slice.ts';
import { LATENCY } from './track-table.ts';
import type { HistogramOptions, WindowState } from './window-state.ts';

/** Models with their variants in one minute, `__overflow__` among them: each costs a line for every bound. */
const MAX_GROUPS = 100;
/** The name under which emitted minutes are remembered, beside those of the windows. */
const EMITTED_AS = 'histogram';

/** All series of one model and variant, over one minute. */
interface Group {
  readonly model: string;
  readonly variant: string;
  /** Of the store that gathers them. */
  readonly row: number;
  maxNs: number;
}

type Emit = (points: readonly Point[]) => void;

/**
 * Writes the latencies of each minute as a histogram, once, when nothing can come any more. Minutes are runs of slices
 * aligned to the epoch, so that those of replicas are the same time.
 */
export class HistogramEmitter {
  readonly #state: WindowState;
  readonly #options: HistogramOptions;
  readonly #instance: string;
  readonly #ladder: readonly Rung[];
  readonly #slices: number;
  readonly #store = new SketchStore();
  readonly #summary = createTrackSummary();
  readonly #list = new BinList();

  constructor(state: WindowState, options: HistogramOptions, instance: string) {
    this.#state = state;
    this.#options = options;
    this.#instance = instance;
    this.#ladder = durationLadder(options.boundsPerOctave);
    this.#slices = slicesPerMinute(state.options.intervalMs);
  }

  /**
   * Minutes of which the last slice became final in this flush, or a delay earlier. `isLast`: the agent stops, and
   * what waits for its turn is written now; after a start it is written again, with the same content.
   */
  async emit(
    { finalEnd, finalTarget, isLast }: { finalEnd: number; finalTarget: number; isLast: boolean },
    pacer: WorkPacer,
    emit: Emit,
  ): Promise<void> {
    const { delaySlices } = this.#options;
    const after = finalEnd - delaySlices;
    const to = isLast ? finalTarget : finalTarget - delaySlices;
    const { emitted, options } = this.#state;
    for (const end of this.#dueEnds(after, to)) await this.#emitMinute(end, pacer, emit);
    emitted.mark(EMITTED_AS, [after * options.intervalMs, to * options.intervalMs]);
  }

  /** Those in which anything was recorded: their number is bounded by the ring, however far the clock leapt. */
  #dueEnds(after: number, to: number): number[] {
    const { ring, emitted, options } = this.#state;
    const ends = ring.inUse().map(({ index }) => (Math.floor(index / this.#slices) + 1) * this.#slices);
    return [...new Set(ends)].filter(
      (end) => end > after && end <= to && !emitted.isSealed(EMITTED_AS, end * options.intervalMs),
    );
  }

  async #emitMinute(end: number, pacer: WorkPacer, emit: Emit): Promise<void> {
    const groups = await this.#gather(end, pacer);
    for (const group of groups) {
      emit(this.#describe(group, end));
      if (pacer.isDue) await pacer.pause();
    }
    this.#store.reset();
  }

  /** Merges the series of each model and variant into the store, a row for each. */
  async #gather(end: number, pacer: WorkPacer): Promise<readonly Group[]> {
    const { series, tracks } = this.#state;
    const groups = new Map<string, Group>();
    for (let id = 0; id < series.capacity; id++) {
      const open = series.get(id);
      const track = tracks.find(id, LATENCY);
      if (open === undefined || track === undefined) continue;
      const slices = this.#slicesWith(track, end);
      if (this.#summary.count === 0) continue;
      const group = groupOf(groups, open.tags.model, open.tags.variant);
      group.maxNs = Math.max(group.maxNs, this.#summary.maxNs);
      for (const slice of slices) slice.addTo(this.#store, group.row, track, 1);
      if (pacer.isDue) await pacer.pause();
    }
    return [...groups.values()];
  }

  /** The minute's slices; what they hold of the track is in `#summary`. */
  #slicesWith(track: number, end: number): readonly Slice[] {
    const slices: Slice[] = [];
    clearTrackSummary(this.#summary);
    for (let index = end - this.#slices; index < end; index++) {
      const slice = this.#state.ring.find(index);
      if (slice === undefined) continue;
      slice.summarize(track, this.#summary);
      slices.push(slice);
    }
    return slices;
  }

  /** Every bound, also those below which nothing lies: a query compares each with the total. */
  #describe(group: Group, end: number): readonly Point[] {
    const list = this.#list;
    this.#store.list(group.row, list);
    const total = countOf(list);
    const points: Point[] = [];
    let count = 0;
    let at = 0;
    for (const { le, endBin, upperSeconds } of this.#ladder) {
      const before = count;
      for (; at < list.length && list.bins[at] < endBin; at++) count += list.countAt(at);
      const fields = { count, bin: count - before, total, upper_seconds: upperSeconds };
      points.push(this.#point(group, le, { end, fields }));
    }
    const last = this.#ladder[this.#ladder.length - 1];
    const fields = {
      count: total,
      bin: total - count,
      total,
      upper_seconds: Math.max(last.upperSeconds, group.maxNs / 1e9),
      coverage_ratio: this.#coverage(end),
    };
    points.push(this.#point(group, '+Inf', { end, fields }));
    return points;
  }

  /** Its series are made anew each time: once a minute that costs less than to keep thousands of them. */
  #point(
    { model, variant }: Group,
    le: string,
    { end, fields }: { end: number; fields: FieldsOf<'inference_histogram'> },
  ): Point {
    const series = new PointSeries('inference_histogram', { instance: this.#instance, le, model, variant });
    return { series, fields, timestampMs: end * this.#state.options.intervalMs };
  }

  #coverage(end: number): number {
    const { intervalMs } = this.#state.options;
    const minuteMs = this.#slices * intervalMs;
    return this.#state.watch.watchedMs(end * intervalMs - minuteMs, end * intervalMs) / minuteMs;
  }
}

/** The group's, opened if new; those beyond the bound are one. */
function groupOf(groups: Map<string, Group>, model: string, variant: string): Group {
  const isFull = groups.size >= MAX_GROUPS - 1;
  const key = JSON.stringify([model, variant]);
  const known = groups.get(key);
  if (known !== undefined) return known;
  if (isFull && model !== OVERFLOW_MODEL) return groupOf(groups, OVERFLOW_MODEL, '');
  const created = { model, variant, row: groups.size, maxNs: 0 };
  groups.set(key, created);
  return created;
}

function countOf(list: BinList): number {
  let total = 0;
  for (let at = 0; at < list.length; at++) total += list.countAt(at);
  return total;
}

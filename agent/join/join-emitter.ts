import { type FieldsOf, type Point, PointSeries, type Tags } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { WorkPacer } from '../core/work-pacer.ts';
import type { SeriesIdentity } from './account-table.ts';
import { type FieldScope, idleFields, placeFields, wholeFields } from './join-fields.ts';
import type { JoinState } from './join-state.ts';
import { Column, IDLE_SERIES } from './joined-slice.ts';
import { type GpuSums, type JoinedWindow, type SeriesSums, sumGpus, sumSeries } from './window-sums.ts';

export type Emit = (points: readonly Point[]) => void;

/** The GPU of the points of all GPUs together. */
const ALL = 'all';
const IDLE_TAGS: SeriesTags = {
  model: '__idle__',
  variant: '',
  version: '',
  operation: '',
  server: '',
  labels: {},
};

/** Writes the points of windows that are final, each once. */
export class JoinEmitter {
  readonly #state: JoinState;
  readonly #baseTags: Tags;
  readonly #idle: SeriesIdentity = { id: IDLE_SERIES, tags: IDLE_TAGS, points: new Map() };

  constructor(state: JoinState, baseTags: Tags) {
    this.#state = state;
    this.#baseTags = baseTags;
  }

  /** All windows with an end later than the first bound, up to the second; in pieces. */
  async emit([after, to]: readonly [number, number], pacer: WorkPacer, emit: Emit): Promise<void> {
    const { lengths, emitted, options } = this.#state;
    for (const [from, until] of this.#stretches(after, to)) {
      for (let end = from + 1; end <= until; end++) {
        for (const [position, { name, hop }] of lengths.entries()) {
          if (end % hop !== 0 || emitted.isSealed(name, end * options.intervalMs)) continue;
          await this.#emitWindow(position, end, pacer, emit);
        }
      }
      for (const { name } of lengths)
        emitted.mark(name, [from * options.intervalMs, until * options.intervalMs]);
    }
    emitted.seal();
  }

  /** The ends in a range of which some window holds a slice; after a leap of the clock there are long ones without. */
  #stretches(after: number, to: number): [number, number][] {
    const stretches: [number, number][] = [];
    for (const { index } of this.#state.joined) {
      const from = Math.max(after, index);
      const until = Math.min(to, index + this.#state.longest);
      const last = stretches.at(-1);
      if (until <= from) continue;
      if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
      else stretches.push([from, until]);
    }
    return stretches;
  }

  async #emitWindow(position: number, end: number, pacer: WorkPacer, emit: Emit): Promise<void> {
    const length = this.#state.lengths[position];
    const slices = this.#state.joined.filter(({ index }) => index >= end - length.slices && index < end);
    if (slices.length === 0) return;
    const window = { length, end, slices };
    const gpus = sumGpus(window);
    const scope = this.#scopeOf(position, window);
    let points: Point[] = [];
    for (const sums of await sumSeries(window, pacer)) {
      this.#describe(sums, { window, gpus, scope }, points);
      if (!pacer.isDue) continue;
      emit(points);
      points = [];
      await pacer.pause();
    }
    emit(points);
  }

  /** Time without any slice was watched too: no GPU answered then, and nobody was busy. */
  #scopeOf(position: number, { length, end }: JoinedWindow): FieldScope {
    const { grid, watch } = this.#state;
    return {
      windowMs: length.slices * grid.intervalMs,
      watchedMs: watch.watchedMs((end - length.slices) * grid.intervalMs, end * grid.intervalMs),
      slices: length.slices,
      slotMs: grid.slotMs,
      position,
    };
  }

  #describe(sums: SeriesSums, context: WindowContext, points: Point[]): void {
    const identity = sums.series === IDLE_SERIES ? this.#idle : this.#state.accounts.identity(sums.series);
    if (identity === undefined) return;
    const { gpus, scope } = context;
    const expected = this.#state.options.expectTensor?.(identity.tags);
    const add = (gpu: string, simulated: boolean, fields: FieldsOf<'inference_gpu'> | undefined): void => {
      if (fields === undefined) return;
      const series = this.#seriesOf(identity, { window: context.window.length.name, gpu, simulated });
      const used = expected && { tensor_expected_ratio: fields[`tensor_${expected}_ratio`] };
      points.push({
        series,
        fields: { ...fields, ...used },
        timestampMs: context.window.end * this.#state.grid.intervalMs,
      });
    };
    const present = [...sums.places].flatMap(([uuid, row]) => {
      const gpu = gpus.get(uuid);
      return gpu === undefined ? [] : [{ uuid, row, gpu }];
    });
    for (const { uuid, row, gpu } of present) {
      if (identity === this.#idle) add(uuid, gpu.simulated, idleFields(row, gpu, scope));
      else if (row[Column.busy] > 0) add(uuid, gpu.simulated, placeFields(row, gpu, scope));
    }
    const busy = present.filter(({ row }) => row[Column.busy] > 0);
    if (busy.length < 2) return;
    const rows = busy.map(({ row }) => row);
    const all = busy.map(({ gpu }) => gpu);
    const isSimulated = all.some(({ simulated }) => simulated);
    add(ALL, isSimulated, wholeFields(sums.whole, rows, all, scope));
  }

  #seriesOf(
    identity: SeriesIdentity,
    { window, gpu, simulated }: { window: string; gpu: string; simulated: boolean },
  ): PointSeries<'inference_gpu'> {
    const key = `${window} ${gpu} ${simulated}`;
    const known = identity.points.get(key);
    if (known !== undefined) return known;
    const { labels, ...own } = identity.tags;
    const tags = {
      ...labels,
      ...this.#baseTags,
      ...own,
      window,
      gpu,
      ...(simulated && { simulated: 'true' }),
    };
    const created = new PointSeries('inference_gpu', tags);
    identity.points.set(key, created);
    return created;
  }
}

interface WindowContext {
  readonly window: JoinedWindow;
  readonly gpus: ReadonlyMap<string, GpuSums>;
  readonly scope: FieldScope;
}

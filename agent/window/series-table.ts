import { OVERFLOW_MODEL, type SeriesTags } from '../core/series-tags.ts';
import { OVERFLOW_SERIES } from '../core/span-sink.ts';

const DAY_MS = 86_400_000;

export interface OpenSeries {
  readonly id: number;
  readonly tags: SeriesTags;
  /** Unix ms of the last span; a restored series begins with the restart. */
  lastSeenMs: number;
}

export interface SeriesTableOptions {
  readonly maxSeries: number;
  /** A flood of short-lived names is no less harmful to a store than many at once. */
  readonly maxNewPerDay: number;
}

/** The open series, each with a small id. Bounded: beyond, everyone gets the overflow series. */
export class SeriesTable {
  readonly #options: SeriesTableOptions;
  readonly #series: (OpenSeries | undefined)[] = [];
  readonly #ids = new Map<string, number>();
  #freeIds: number[] = [];
  #generation = 0;
  #dayStartMs = Number.NEGATIVE_INFINITY;
  #newToday = 0;

  constructor(options: SeriesTableOptions) {
    this.#options = options;
    this.#keep(OVERFLOW_SERIES, { ...NO_TAGS, model: OVERFLOW_MODEL }, 0);
  }

  /** Changes when an id was freed. */
  get generation(): number {
    return this.#generation;
  }

  /** Open series without the overflow. */
  get count(): number {
    return this.#ids.size - 1;
  }

  /** Ids are below this. */
  get capacity(): number {
    return this.#series.length;
  }

  get(id: number): OpenSeries | undefined {
    return this.#series[id];
  }

  open(tags: SeriesTags, nowMs: number): number {
    const known = this.#ids.get(keyOf(tags));
    if (known !== undefined) return known;
    if (this.count >= this.#options.maxSeries || !this.#allowsNew(nowMs)) return OVERFLOW_SERIES;
    this.#newToday++;
    return this.#keep(this.#freeIds.pop() ?? this.#series.length, tags, nowMs);
  }

  /** Opens a series under the id that it had before a restart. False if the id or the tags are taken. */
  restore(id: number, tags: SeriesTags, nowMs: number): boolean {
    if (id <= OVERFLOW_SERIES || id > this.#options.maxSeries || this.#series[id] !== undefined) return false;
    if (this.#ids.has(keyOf(tags))) return false;
    for (let gap = this.#series.length; gap < id; gap++) {
      this.#series.push(undefined);
      this.#freeIds.push(gap);
    }
    this.#freeIds = this.#freeIds.filter((free) => free !== id);
    this.#keep(id, tags, nowMs);
    return true;
  }

  free(id: number): void {
    const series = this.#series[id];
    if (series === undefined || id === OVERFLOW_SERIES) throw new Error(`bug: series ${id} cannot be freed`);
    this.#series[id] = undefined;
    this.#ids.delete(keyOf(series.tags));
    this.#freeIds.push(id);
    this.#generation++;
  }

  /** In the order of their ids. */
  all(): OpenSeries[] {
    return this.#series.filter((series) => series !== undefined);
  }

  #allowsNew(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#dayStartMs) >= DAY_MS) {
      this.#dayStartMs = nowMs;
      this.#newToday = 0;
    }
    return this.#newToday < this.#options.maxNewPerDay;
  }

  #keep(id: number, tags: SeriesTags, nowMs: number): number {
    this.#series[id] = { id, tags, lastSeenMs: nowMs };
    this.#ids.set(keyOf(tags), id);
    return id;
  }
}

const NO_TAGS: SeriesTags = { model: '', variant: '', version: '', operation: '', server: '', labels: {} };

/** Labels are sorted by key, so that equal tags have equal keys. */
function keyOf({ model, variant, version, operation, server, labels }: SeriesTags): string {
  return JSON.stringify([model, variant, version, operation, server, labels]);
}

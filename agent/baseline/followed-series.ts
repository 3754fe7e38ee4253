import { grown } from '../core/growable.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { NO_SERIES, OVERFLOW_SERIES } from '../core/span-sink.ts';
import { isSelected, type SeriesSelector, seriesKey } from './series-selector.ts';

/** A series whose slices are kept. */
export interface Followed {
  /** Its place among them, 0 to `maxSeries` - 1. */
  readonly slot: number;
  readonly tags: SeriesTags;
  /** Unix ms from which on nothing of it was missed; 0: nothing ever was. */
  readonly fromMs: number;
}

interface Seat extends Followed {
  readonly key: string;
  /** Its id among the open series; `NO_SERIES`: it is not open now. */
  series: number;
  /** Someone asked for it until then. */
  wantedUntilMs: number;
}

interface Arrival {
  readonly nowMs: number;
  /** It goes before others. */
  readonly isPreferred: boolean;
  /** No span came of it before. */
  readonly isNew: boolean;
}

export interface FollowOptions {
  readonly maxSeries: number;
  /** Without requests for so long a series gives its place to another one. */
  readonly idleMs: number;
}

/**
 * Which of the open series are followed. First come, first followed; but a series of a model that has baselines, or
 * one that was asked for, takes the place of the one among the others that was idle longest.
 */
export class FollowedSeries {
  readonly #options: FollowOptions;
  readonly #onSeated: (slot: number) => void;
  readonly #seats: Seat[] = [];
  readonly #byKey = new Map<string, Seat>();
  /** By id of the open series. */
  readonly #known: (SeriesTags | undefined)[] = [];
  #preferredModels: ReadonlySet<string> = new Set();
  /** Hot. By id of the series: its slot + 1; 0: not followed. */
  slots = new Int32Array(64);
  /** Hot. By slot, Unix ms of the last span. */
  readonly lastSpanMs: Float64Array;
  /** Hot. By slot, the number of the first slice with a span: before it the series was not there. */
  readonly firstSlice: Float64Array;

  /** `onSeated`: a slot belongs to another series from now on. */
  constructor(options: FollowOptions, onSeated: (slot: number) => void) {
    this.#options = options;
    this.#onSeated = onSeated;
    this.lastSpanMs = new Float64Array(options.maxSeries);
    this.firstSlice = new Float64Array(options.maxSeries);
  }

  get count(): number {
    return this.#seats.length;
  }

  get all(): readonly Followed[] {
    return this.#seats;
  }

  /** Open series that are not followed. */
  get unfollowedCount(): number {
    const known = this.#known.filter((tags) => tags !== undefined).length;
    return known - this.#seats.filter(({ series }) => series !== NO_SERIES).length;
  }

  /** An id was given to a series. */
  learn(id: number, tags: SeriesTags, nowMs: number): void {
    if (id === OVERFLOW_SERIES) return;
    if (id >= this.slots.length) this.slots = grown(this.slots, id + 1);
    if (this.#known[id] === tags) return;
    this.#known[id] = tags;
    const key = seriesKey(tags);
    const current = this.slots[id] === 0 ? undefined : this.#seats[this.slots[id] - 1];
    if (current?.key === key) return;
    if (current !== undefined) this.#leave(current);
    const known = this.#byKey.get(key);
    if (known !== undefined) this.#enter(known, id);
    else this.#seat(id, tags, { nowMs, isPreferred: this.#preferredModels.has(tags.model), isNew: true });
  }

  /** Series of these models are followed before others, those that are open already included. */
  prefer(models: ReadonlySet<string>, nowMs: number): void {
    this.#preferredModels = models;
    for (const [id, tags] of this.#known.entries()) {
      if (tags !== undefined && models.has(tags.model) && this.slots[id] === 0)
        this.#seat(id, tags, { nowMs, isPreferred: true, isNew: false });
    }
  }

  /** Follows all open series that are selected until `untilMs`, as far as there is room; those that now are. */
  want(selector: SeriesSelector, nowMs: number, untilMs: number): readonly Followed[] {
    for (const [id, tags] of this.#known.entries()) {
      if (tags !== undefined && isSelected(tags, selector) && this.slots[id] === 0)
        this.#seat(id, tags, { nowMs, isPreferred: true, isNew: false });
    }
    const found = this.#seats.filter(({ tags }) => isSelected(tags, selector));
    for (const seat of found) seat.wantedUntilMs = Math.max(seat.wantedUntilMs, untilMs);
    return found;
  }

  find(selector: SeriesSelector): readonly Followed[] {
    return this.#seats.filter(({ tags }) => isSelected(tags, selector));
  }

  /** All open series, followed or not. */
  known(): SeriesTags[] {
    return this.#known.filter((tags) => tags !== undefined);
  }

  #seat(id: number, tags: SeriesTags, { nowMs, isPreferred, isNew }: Arrival): void {
    const slot = this.#freeSlot(nowMs, isPreferred);
    if (slot === undefined) return;
    const key = seriesKey(tags);
    // As long as no slot was ever taken, every series has got one with its first span.
    const fromMs = isNew && slot === this.#seats.length ? 0 : nowMs;
    const seat: Seat = { slot, tags, key, fromMs, series: NO_SERIES, wantedUntilMs: 0 };
    this.firstSlice[slot] = Number.POSITIVE_INFINITY;
    this.#seats[slot] = seat;
    this.#byKey.set(key, seat);
    this.lastSpanMs[slot] = nowMs;
    this.#enter(seat, id);
    this.#onSeated(slot);
  }

  #freeSlot(nowMs: number, isPreferred: boolean): number | undefined {
    if (this.#seats.length < this.#options.maxSeries) return this.#seats.length;
    const others = this.#seats.filter((seat) => !this.#isKept(seat, nowMs));
    const idlest = others.reduce<Seat | undefined>(
      (least, seat) =>
        least === undefined || this.lastSpanMs[seat.slot] < this.lastSpanMs[least.slot] ? seat : least,
      undefined,
    );
    if (idlest === undefined) return undefined;
    const isIdle = nowMs - this.lastSpanMs[idlest.slot] > this.#options.idleMs;
    if (!isPreferred && !isIdle) return undefined;
    this.#leave(idlest);
    this.#byKey.delete(idlest.key);
    return idlest.slot;
  }

  #isKept({ tags, wantedUntilMs, slot }: Seat, nowMs: number): boolean {
    const isIdle = nowMs - this.lastSpanMs[slot] > this.#options.idleMs;
    return wantedUntilMs > nowMs || (this.#preferredModels.has(tags.model) && !isIdle);
  }

  #enter(seat: Seat, id: number): void {
    if (seat.series !== NO_SERIES) this.slots[seat.series] = 0;
    seat.series = id;
    this.slots[id] = seat.slot + 1;
  }

  #leave(seat: Seat): void {
    if (seat.series !== NO_SERIES) this.slots[seat.series] = 0;
    seat.series = NO_SERIES;
  }
}

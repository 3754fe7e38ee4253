import type { SliceRecord } from '../baseline/recording.ts';
import { TraceFault } from './import-error.ts';
import { ValueBins } from './value-bins.ts';

/** One finished run of the model, by the file's own clock. */
export interface TimedRequest {
  readonly startMs: number;
  readonly durationMs: number;
  /** Parts of it, in ms. */
  readonly phases: Readonly<Record<string, number>>;
}

/** Lengths of a slice; each divides the next, so that slices can be joined as they are. */
const LENGTHS_MS = [1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 60_000, 600_000, 3_600_000];
/** A comparison needs that many, to tell how many of the requests are independent. */
export const WANTED_SLICES = 40;
/** The length of a slice that recordings have. */
const USUAL_MS = 1000;
/** More would not make a comparison better; two hours of slices of a second. */
const MAX_SLICES = 8000;
/** Of all slices: some 30 MB. */
const MAX_BINS = 500_000;
const MAX_REQUEST_MS = 86_400_000;

interface SliceSums {
  readonly latency: ValueBins;
  readonly phases: Map<string, ValueBins>;
}

/** The requests of one file, in slices of its own time, which begins with the first of them. */
export class RequestTimeline {
  #slices = new Map<number, SliceSums>();
  #level = 0;
  #bins = 0;
  #originMs: number | undefined;
  /** Of the slices that a request began or ended in. */
  #first = 0;
  #last = 0;

  get isEmpty(): boolean {
    return this.#originMs === undefined;
  }

  /** When the first slice begins, by the file's clock. */
  get startMs(): number {
    return (this.#originMs ?? 0) + this.#first * this.sliceMs;
  }

  get lengthMs(): number {
    return (this.#last - this.#first + 1) * this.sliceMs;
  }

  get sliceMs(): number {
    return LENGTHS_MS[this.#level];
  }

  /** Throws `TraceFault` where a time is none. */
  add({ startMs, durationMs, phases }: TimedRequest): void {
    if (!(durationMs >= 0 && durationMs <= MAX_REQUEST_MS && Number.isFinite(startMs)))
      throw new TraceFault(undefined, 'expected a request with a time, and with a duration of 0 to a day');
    this.#originMs ??= startMs;
    const slice = this.#sliceAt(startMs + durationMs - this.#originMs);
    this.#count(slice.latency, durationMs);
    for (const [name, ms] of Object.entries(phases)) {
      const values = slice.phases.get(name) ?? new ValueBins();
      slice.phases.set(name, values);
      this.#count(values, ms);
    }
    if (this.#bins > MAX_BINS) this.#joinSlices();
  }

  /** Joins slices until they are as long. */
  coarsen(sliceMs: number): void {
    while (LENGTHS_MS[this.#level] < sliceMs) this.#joinSlices();
  }

  /** All slices from the first to the last, also those without a request; `startMs` of the first is `fromMs`. */
  slices(fromMs: number): SliceRecord[] {
    return Array.from({ length: this.#last - this.#first + 1 }, (_, index) =>
      recordOf(fromMs + index * this.sliceMs, this.#slices.get(this.#first + index)),
    );
  }

  #count(values: ValueBins, ms: number): void {
    if (values.add(Math.round(ms * 1e6))) this.#bins++;
  }

  #sliceAt(sinceOriginMs: number): SliceSums {
    let index = Math.floor(sinceOriginMs / this.sliceMs);
    while (Math.max(this.#last, index) - Math.min(this.#first, index) >= MAX_SLICES) {
      this.#joinSlices();
      index = Math.floor(sinceOriginMs / this.sliceMs);
    }
    this.#first = Math.min(this.#first, index);
    this.#last = Math.max(this.#last, index);
    const known = this.#slices.get(index);
    if (known !== undefined) return known;
    const created = { latency: new ValueBins(), phases: new Map<string, ValueBins>() };
    this.#slices.set(index, created);
    return created;
  }

  #joinSlices(): void {
    if (this.#level + 1 === LENGTHS_MS.length)
      throw new TraceFault(undefined, `expected requests within ${MAX_SLICES / 24} days of each other`);
    const factor = LENGTHS_MS[this.#level + 1] / this.sliceMs;
    const joined = new Map<number, SliceSums>();
    for (const [index, slice] of this.#slices) {
      const target = Math.floor(index / factor);
      const known = joined.get(target);
      if (known === undefined) joined.set(target, slice);
      else mergeSlice(known, slice);
    }
    this.#slices = joined;
    this.#bins = [...joined.values()].reduce((sum, slice) => sum + sizeOf(slice), 0);
    this.#level++;
    this.#first = Math.floor(this.#first / factor);
    this.#last = Math.floor(this.#last / factor);
  }
}

/** A second where that makes enough slices of the time, else the longest that does; a millisecond at least. 0: a second. */
export function sliceLengthFor(lengthMs: number): number {
  if (lengthMs === 0) return USUAL_MS;
  const fitting = LENGTHS_MS.filter((ms) => ms <= USUAL_MS && lengthMs / ms >= WANTED_SLICES);
  return fitting.at(-1) ?? LENGTHS_MS[0];
}

function sizeOf({ latency, phases }: SliceSums): number {
  return [...phases.values()].reduce((sum, values) => sum + values.size, latency.size);
}

function mergeSlice(target: SliceSums, slice: SliceSums): void {
  target.latency.merge(slice.latency.toBinned());
  for (const [name, values] of slice.phases) {
    const known = target.phases.get(name);
    if (known === undefined) target.phases.set(name, values);
    else known.merge(values.toBinned());
  }
}

function recordOf(startMs: number, slice: SliceSums | undefined): SliceRecord {
  const requests = slice?.latency.count ?? 0;
  return {
    startMs,
    requests,
    weight: requests,
    stated: 0,
    errors: 0,
    weightedNs: slice?.latency.sum ?? 0,
    ...(slice !== undefined && { latency: slice.latency.toBinned() }),
    phases: new Map([...(slice?.phases ?? [])].map(([name, values]) => [name, values.toBinned()])),
  };
}

import { binOf } from '../core/duration-bins.ts';
import { grown } from '../core/growable.ts';
import { type SpanColumns, SpanStatus } from '../core/span-sink.ts';
import { SketchStore } from '../window/sketch-store.ts';
import type { SparseWriter } from '../window/sparse-bins.ts';
import { FIRST_PHASE, Kind, writeAmount } from './slice-bytes.ts';

const PHASES = 64;
const KINDS = FIRST_PHASE + PHASES;
/** By slot and slice. */
const COUNTERS = 5;
const Counter = { requests: 0, weight: 1, stated: 2, errors: 3, weightedNs: 4 } as const;
/** By track and slice: sum, least, greatest. A track is one kind of values of one slot. */
const SCALARS = 3;
const UNUSED = -1;

/**
 * The slices that spans may still come for, of the series that are followed: a ring of places, a slice at the place
 * of its number. All share one store of bins, so that they take the memory of what they hold and not of what they
 * might. Hot: counting allocates nothing (test/bench/recording.ts).
 */
export class OpenSlices {
  /** How many slices can be open; a power of two. */
  readonly places: number;
  /** By place, the number of the slice since the epoch. */
  readonly #numbers: Float64Array;
  #counters = new Float64Array(0);
  #scalars = new Float64Array(0);
  readonly #bins = new SketchStore();
  /** By slot · KINDS + kind: track + 1; 0: none. */
  #tracks = new Int32Array(0);
  #trackCount = 0;

  /** `slices`: how many must be able to be open at a time. */
  constructor(slices: number) {
    this.places = 2 ** Math.ceil(Math.log2(slices));
    this.#numbers = new Float64Array(this.places).fill(UNUSED);
  }

  /** Whether something was counted in the slice and it was not taken out. */
  isOpen(number: number): boolean {
    return this.#numbers[this.#placeOf(number)] === number;
  }

  /** Those that are open, oldest first. */
  numbers(): number[] {
    return [...this.#numbers].filter((number) => number !== UNUSED).sort((a, b) => a - b);
  }

  /** The slice in whose place this one would come, if there is one. */
  occupant(number: number): number | undefined {
    const current = this.#numbers[this.#placeOf(number)];
    return current === UNUSED || current === number ? undefined : current;
  }

  /** Hot. Counts span `span` of a slot; the slice's place is its own or free. */
  count(slot: number, number: number, spans: SpanColumns, span: number): void {
    const place = this.#placeOf(number);
    this.#numbers[place] = number;
    const at = (slot * this.places + place) * COUNTERS;
    if (at >= this.#counters.length) this.#counters = grown(this.#counters, at + COUNTERS);
    const counters = this.#counters;
    const weight = spans.weight[span];
    const status = spans.status[span];
    counters[at + Counter.requests]++;
    counters[at + Counter.weight] += weight;
    counters[at + Counter.weightedNs] += weight * spans.durationNs[span];
    if (status !== SpanStatus.unspecified) counters[at + Counter.stated]++;
    const { batchSize, inputTokens, outputTokens } = spans;
    if (batchSize[span] >= 0) this.#observe(slot, Kind.batchSize, place, batchSize[span]);
    if (inputTokens[span] >= 0) this.#observe(slot, Kind.inputTokens, place, inputTokens[span]);
    if (outputTokens[span] >= 0) this.#observe(slot, Kind.outputTokens, place, outputTokens[span]);
    if (status === SpanStatus.error) {
      counters[at + Counter.errors]++;
      return;
    }
    this.#observe(slot, Kind.latency, place, spans.durationNs[span]);
    const end = spans.phaseStart[span + 1];
    for (let phase = spans.phaseStart[span]; phase < end; phase++)
      this.#observe(slot, FIRST_PHASE + spans.phase[phase], place, spans.phaseNs[phase]);
  }

  /** Writes what a slot did in an open slice, as `decodeSlice` reads it; false: nothing. */
  write(slot: number, number: number, writer: SparseWriter): boolean {
    const place = this.#placeOf(number);
    const at = (slot * this.places + place) * COUNTERS;
    if (at >= this.#counters.length || this.#counters[at + Counter.requests] === 0) return false;
    for (let counter = 0; counter < COUNTERS; counter++) writeAmount(writer, this.#counters[at + counter]);
    const kinds = this.#kindsIn(slot, place);
    writer.varint(kinds.length);
    for (const kind of kinds) {
      const row = this.#rowOf(slot, kind, place);
      writer.varint(kind);
      for (let scalar = 0; scalar < SCALARS; scalar++)
        writeAmount(writer, this.#scalars[row * SCALARS + scalar]);
      writer.bins(this.#bins, row);
    }
    return true;
  }

  /** Forgets what a slot did in all open slices. */
  clearSlot(slot: number): void {
    for (const number of this.numbers()) this.clear(slot, number);
  }

  /** Forgets what a slot did in an open slice. */
  clear(slot: number, number: number): void {
    const place = this.#placeOf(number);
    const at = (slot * this.places + place) * COUNTERS;
    if (at >= this.#counters.length || this.#counters[at + Counter.requests] === 0) return;
    this.#counters.fill(0, at, at + COUNTERS);
    for (const kind of this.#kindsIn(slot, place)) {
      const row = this.#rowOf(slot, kind, place);
      this.#scalars.fill(0, row * SCALARS, (row + 1) * SCALARS);
      this.#scalars[row * SCALARS + 1] = Number.NaN;
      this.#bins.clearRow(row);
    }
  }

  /** The place is free again. */
  close(number: number): void {
    this.#numbers[this.#placeOf(number)] = UNUSED;
  }

  /** Hot. A power of two of places makes a mask of what would be a division. */
  #placeOf(number: number): number {
    return number & (this.places - 1);
  }

  /** Kinds of which the slot has values, in the order of their numbers. */
  #kindsIn(slot: number, place: number): number[] {
    const kinds: number[] = [];
    for (let kind = 0; kind < KINDS; kind++) {
      const row = this.#rowOf(slot, kind, place);
      if (row >= 0 && this.#scalars[row * SCALARS + 1] >= 0) kinds.push(kind);
    }
    return kinds;
  }

  /** -1: no such values came of the slot. */
  #rowOf(slot: number, kind: number, place: number): number {
    const track = this.#tracks[slot * KINDS + kind] ?? 0;
    return track === 0 ? -1 : (track - 1) * this.places + place;
  }

  /** Hot. */
  #observe(slot: number, kind: number, place: number, value: number): void {
    const known = this.#tracks[slot * KINDS + kind];
    const track = known > 0 ? known - 1 : this.#openTrack(slot, kind);
    const row = track * this.places + place;
    const at = row * SCALARS;
    const scalars = this.#scalars;
    scalars[at] += value;
    if (!(value >= scalars[at + 1])) scalars[at + 1] = value;
    if (value > scalars[at + 2]) scalars[at + 2] = value;
    this.#bins.increment(row, binOf(value));
  }

  /** Slow path: the first value of a kind. */
  #openTrack(slot: number, kind: number): number {
    const at = slot * KINDS + kind;
    if (at >= this.#tracks.length) this.#tracks = grown(this.#tracks, (slot + 1) * KINDS);
    const track = this.#trackCount++;
    this.#tracks[at] = track + 1;
    const end = this.#trackCount * this.places * SCALARS;
    const known = this.#scalars.length;
    if (end > known) {
      this.#scalars = grown(this.#scalars, end);
      for (let least = known + 1; least < this.#scalars.length; least += SCALARS)
        this.#scalars[least] = Number.NaN;
    }
    return track;
  }
}

import { resized } from '../core/growable.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { NO_GPU, type SpanSink } from '../core/span-sink.ts';
import { type ByteIntern, EMPTY_ID, TOO_LONG_ID } from './byte-intern.ts';
import { checkTuple, Rejection } from './span-rules.ts';
import { FIRST_LABEL, GPU, MODEL, OPERATION, VARIANT, VERSION } from './span-staging.ts';

const MAX_TUPLES = 16_384;
const START_TUPLES = 256;
const NO_PHASE = -1;

/** A label that becomes the series' own tag `server`: only OTLP has it, for no config may allow a label of this name. */
export const SERVER_LABEL = 'server';

/**
 * Sink ids for tuples of string ids (a series and a GPU) and for names of phases, remembered as long as intern table and sink keep
 * their ids. A tuple that breaks a rule is remembered with its rejection, as a negative number.
 */
export class SeriesResolver {
  readonly #intern: ByteIntern;
  readonly #sink: SpanSink;
  readonly #labels: readonly string[];
  readonly #tupleSize: number;
  #internGeneration = -1;
  #seriesGeneration = -1;
  #count = 0;
  #tuples = new Int32Array(0);
  /** By tuple: id of its series, or minus its rejection code. */
  #series = new Int32Array(0);
  /** By tuple: id of its GPU, or `NO_GPU`. */
  #gpus = new Int32Array(0);
  /** Open addressing over a power of two; index of a tuple plus one, or 0 for none. */
  #slots = new Int32Array(0);
  #phases = new Int32Array(0);

  constructor(intern: ByteIntern, sink: SpanSink, labels: readonly string[]) {
    this.#intern = intern;
    this.#sink = sink;
    this.#labels = labels;
    this.#tupleSize = FIRST_LABEL + labels.length;
  }

  /** To be called before each message: forgets what became void or too much. */
  refresh(): void {
    if (this.#internGeneration !== this.#intern.generation) {
      this.#internGeneration = this.#intern.generation;
      this.#phases = new Int32Array(0);
      this.#forgetSeries();
    }
    if (this.#seriesGeneration !== this.#sink.seriesGeneration || this.#count > MAX_TUPLES) {
      this.#forgetSeries();
    }
  }

  /** Hot. What `seriesOf` and `gpuOf` know the tuple by that begins at `at`, until the next `refresh`. */
  find(tuples: Int32Array, at: number): number {
    const size = this.#tupleSize;
    const mask = this.#slots.length - 1;
    let slot = hashOf(tuples, at, at + size) & mask;
    for (;;) {
      const found = this.#slots[slot] - 1;
      if (found < 0) return this.#add(tuples.subarray(at, at + size));
      if (this.#holds(found * size, tuples, at)) return found;
      slot = (slot + 1) & mask;
    }
  }

  /** Hot. The id of a found tuple's series, or minus the code of the rule that it breaks. */
  seriesOf(found: number): number {
    return this.#series[found];
  }

  /** Hot. The id of a found tuple's GPU, or `NO_GPU`. */
  gpuOf(found: number): number {
    return this.#gpus[found];
  }

  /** Hot. The id of a phase. */
  phase(nameId: number): number {
    const known = nameId < this.#phases.length ? this.#phases[nameId] : NO_PHASE;
    return known === NO_PHASE ? this.#openPhase(nameId) : known;
  }

  #holds(start: number, tuples: Int32Array, at: number): boolean {
    const known = this.#tuples;
    const size = this.#tupleSize;
    for (let k = 0; k < size; k++) if (known[start + k] !== tuples[at + k]) return false;
    return true;
  }

  /** Slow path. Two tuples of one series, on different GPUs, are both remembered. */
  #add(tuple: Int32Array): number {
    const rejection = checkTuple(tuple, this.#intern);
    const series = rejection === Rejection.none ? this.#sink.openSeries(this.#tags(tuple)) : -rejection;
    if (this.#count === this.#series.length) this.#grow();
    this.#tuples.set(tuple, this.#count * this.#tupleSize);
    this.#series[this.#count] = series;
    this.#gpus[this.#count] = rejection === Rejection.none ? this.#openGpu(tuple[GPU]) : NO_GPU;
    this.#place(this.#count);
    return this.#count++;
  }

  #openGpu(namesId: number): number {
    const isName = namesId !== EMPTY_ID && namesId !== TOO_LONG_ID && !this.#intern.isInvalid(namesId);
    return isName ? this.#sink.openGpu(this.#intern.text(namesId)) : NO_GPU;
  }

  #openPhase(nameId: number): number {
    if (nameId >= this.#phases.length) {
      const known = this.#phases.length;
      this.#phases = resized(this.#phases, 2 ** Math.ceil(Math.log2(nameId + 2))).fill(NO_PHASE, known);
    }
    const phase = this.#sink.openPhase(this.#intern.text(nameId));
    this.#phases[nameId] = phase;
    return phase;
  }

  #tags(tuple: Int32Array): SeriesTags {
    const text = (index: number): string => this.#intern.text(tuple[index]);
    const labels = this.#labels
      .map((key, slot) => [key, text(FIRST_LABEL + slot)] as const)
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const { [SERVER_LABEL]: server = '', ...others } = Object.fromEntries<string>(labels);
    return {
      model: text(MODEL),
      variant: text(VARIANT) || 'default',
      version: text(VERSION),
      operation: text(OPERATION),
      server,
      labels: others,
    };
  }

  #forgetSeries(): void {
    this.#seriesGeneration = this.#sink.seriesGeneration;
    this.#count = 0;
    this.#tuples = new Int32Array(START_TUPLES * this.#tupleSize);
    this.#series = new Int32Array(START_TUPLES);
    this.#gpus = new Int32Array(START_TUPLES);
    this.#slots = new Int32Array(START_TUPLES * 4);
  }

  #grow(): void {
    const size = this.#series.length * 2;
    this.#tuples = resized(this.#tuples, size * this.#tupleSize);
    this.#series = resized(this.#series, size);
    this.#gpus = resized(this.#gpus, size);
    this.#slots = new Int32Array(size * 4);
    for (let k = 0; k < this.#count; k++) this.#place(k);
  }

  /** Into the first free slot from its hash on. */
  #place(index: number): void {
    const mask = this.#slots.length - 1;
    const start = index * this.#tupleSize;
    let slot = hashOf(this.#tuples, start, start + this.#tupleSize) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
  }
}

/** FNV-1a over the ids, its high bits folded down because the table uses the low ones. */
function hashOf(tuples: Int32Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let k = start; k < end; k++) hash = Math.imul(hash ^ tuples[k], 0x01000193);
  return hash ^ (hash >>> 15);
}

import { resized } from '../core/growable.ts';
import type { SpanColumns } from '../core/span-sink.ts';
import { MalformedBatch } from './malformed-batch.ts';
import { TPOT_ID, TTFT_ID } from './seed-ids.ts';

/** More than any client sends at once; it bounds what one message may cost in memory. */
export const MAX_SPANS = 65_536;
/** A span with more than 32 is refused, so that those after the 33rd need no place. */
const MAX_STAGED_PHASES = 33;
const START_SPANS = 1024;
const START_TUPLES = 1024;
const START_ELEMENTS = 4096;
/** Arrays of up to this many elements are kept for the next message; larger ones are given back. */
const KEEP_ELEMENTS = 65_536;

export const NOT_FOUND_YET = -1;

/** Where a tuple's string ids stand; one for each label that becomes a tag follows from `FIRST_LABEL` on. */
export const MODEL = 0;
export const VARIANT = 1;
export const VERSION = 2;
export const OPERATION = 3;
/** How many names come first. */
export const NAMES = 4;
/** The label `gpu`, whether or not it becomes a tag too. */
export const GPU = 4;
export const FIRST_LABEL = 5;

/**
 * The spans of the message being read. The columns are those that the sink gets; until the whole message has
 * parsed, `series` holds indexes of tuples and `phase` holds string ids, which are then replaced in place.
 *
 * Hot: reused for each message, written by index, no object a span (see `npm run bench`, ingest).
 */
export class SpanStaging implements SpanColumns {
  readonly isBatched: boolean;
  count = 0;
  phaseCount = 0;
  tupleCount = 0;
  /** String ids in a tuple: model, variant, version, operation, gpu and one for each label that becomes a tag. */
  readonly tupleSize: number;
  tuples = new Int32Array(0);
  /** By tuple: what `SeriesResolver.find` said of it, or `NOT_FOUND_YET`. The spans of columns share their tuples. */
  found = new Int32Array(0);
  series = new Int32Array(0);
  /** Set once the message has parsed, with the sink's ids. */
  gpu = new Int32Array(0);
  /** NaN: the span's time cannot be. */
  endMs = new Float64Array(0);
  durationNs = new Float64Array(0);
  status = new Uint8Array(0);
  weight = new Float64Array(0);
  batchSize = new Float64Array(0);
  inputTokens = new Float64Array(0);
  outputTokens = new Float64Array(0);
  phaseStart = new Int32Array(1);
  phase = new Int32Array(0);
  phaseNs = new Float64Array(0);
  /** As the sender said; what cannot be becomes NaN once the message has parsed. */
  phaseOffsetNs = new Float64Array(0);
  /** Whether any phase has an offset; most senders leave them out. */
  hasOffsets = false;
  /** Where in the message the request's id (or its trace's) stands; equal where it has none. */
  requestStart = new Uint32Array(0);
  requestEnd = new Uint32Array(0);

  constructor(labelCount: number, isBatched = false) {
    this.tupleSize = FIRST_LABEL + labelCount;
    this.isBatched = isBatched;
  }

  clear(): void {
    if (this.series.length > KEEP_ELEMENTS / 8) this.#resizeSpans(START_SPANS);
    if (this.phase.length > KEEP_ELEMENTS) this.#resizePhases(START_ELEMENTS);
    if (this.tuples.length > KEEP_ELEMENTS) this.#resizeTuples(START_TUPLES);
    this.count = 0;
    this.phaseCount = 0;
    this.hasOffsets = false;
    this.tupleCount = 0;
  }

  /** A new tuple of empty strings; returns its index. */
  openTuple(): number {
    const start = this.tupleCount * this.tupleSize;
    const end = start + this.tupleSize;
    if (end > this.tuples.length) this.#resizeTuples(Math.max(START_TUPLES, this.tupleCount * 2));
    for (let at = start; at < end; at++) this.tuples[at] = 0;
    this.found[this.tupleCount] = NOT_FOUND_YET;
    return this.tupleCount++;
  }

  /** A new span of this tuple, all else unset; returns its index. */
  openSpan(tuple: number): number {
    const i = this.#reserve(1);
    this.series[i] = tuple;
    this.durationNs[i] = 0;
    this.status[i] = 0;
    this.weight[i] = 1;
    this.batchSize[i] = Number.NaN;
    this.inputTokens[i] = Number.NaN;
    this.outputTokens[i] = Number.NaN;
    this.requestStart[i] = 0;
    this.requestEnd[i] = 0;
    this.phaseStart[i + 1] = this.phaseCount;
    return i;
  }

  /**
   * New spans whose weight, counts and request are unset; all else, and `closePhases` for each in turn, is left to
   * the caller. Returns the index of the first.
   */
  openSpans(count: number): number {
    const first = this.#reserve(count);
    this.weight.fill(1, first, this.count);
    this.batchSize.fill(Number.NaN, first, this.count);
    this.inputTokens.fill(Number.NaN, first, this.count);
    this.outputTokens.fill(Number.NaN, first, this.count);
    this.requestStart.fill(0, first, this.count);
    this.requestEnd.fill(0, first, this.count);
    return first;
  }

  /** Span i has no more phases than it got so far. */
  closePhases(i: number): void {
    this.phaseStart[i + 1] = this.phaseCount;
  }

  /**
   * Adds a phase to span i, before which all have theirs. One that it has already grows where it stands, unless a part
   * is negative.
   */
  addPhase(i: number, nameId: number, durationNs: number, offsetNs: number): void {
    const start = this.phaseStart[i];
    const at = this.phaseCount;
    for (let j = start; j < at; j++) {
      if (this.phase[j] === nameId) {
        const soFarNs = this.phaseNs[j];
        this.phaseNs[j] = soFarNs < 0 || durationNs < 0 ? -1 : soFarNs + durationNs;
        return;
      }
    }
    if (at - start >= MAX_STAGED_PHASES) return;
    if (at === this.phase.length) this.#resizePhases(Math.max(START_ELEMENTS, at * 2));
    this.phase[at] = nameId;
    this.phaseNs[at] = durationNs;
    this.phaseOffsetNs[at] = offsetNs;
    if (!Number.isNaN(offsetNs)) this.hasOffsets = true;
    this.phaseCount = at + 1;
    this.phaseStart[i + 1] = at + 1;
  }

  /** Makes room for so many phases more, to be written by index. */
  reservePhases(count: number): void {
    const needed = this.phaseCount + count;
    if (needed > this.phase.length) this.#resizePhases(Math.max(START_ELEMENTS, this.phaseCount * 2, needed));
  }

  /** Adds ttft, and the time per output token that follows from it, unless the sender gave phases so named. */
  addTokenPhases(i: number, timeToFirstTokenNs: number): void {
    const restNs = this.durationNs[i] - timeToFirstTokenNs;
    const restTokens = this.outputTokens[i] - 1;
    if (!this.#hasPhase(i, TTFT_ID)) this.addPhase(i, TTFT_ID, timeToFirstTokenNs, Number.NaN);
    if (restTokens >= 1 && restNs >= 0 && !this.#hasPhase(i, TPOT_ID)) {
      this.addPhase(i, TPOT_ID, Math.round(restNs / restTokens), Number.NaN);
    }
  }

  #hasPhase(i: number, nameId: number): boolean {
    for (let j = this.phaseStart[i]; j < this.phaseCount; j++) if (this.phase[j] === nameId) return true;
    return false;
  }

  #reserve(count: number): number {
    const first = this.count;
    const needed = first + count;
    if (needed > MAX_SPANS) throw new MalformedBatch(`more than ${MAX_SPANS} spans in a batch`);
    if (needed > this.series.length) this.#resizeSpans(Math.max(START_SPANS, first * 2, needed));
    this.count = needed;
    return first;
  }

  #resizeSpans(length: number): void {
    this.series = resized(this.series, length);
    this.gpu = resized(this.gpu, length);
    this.endMs = resized(this.endMs, length);
    this.durationNs = resized(this.durationNs, length);
    this.status = resized(this.status, length);
    this.weight = resized(this.weight, length);
    this.batchSize = resized(this.batchSize, length);
    this.inputTokens = resized(this.inputTokens, length);
    this.outputTokens = resized(this.outputTokens, length);
    this.requestStart = resized(this.requestStart, length);
    this.requestEnd = resized(this.requestEnd, length);
    this.phaseStart = resized(this.phaseStart, length + 1);
  }

  #resizeTuples(count: number): void {
    this.tuples = resized(this.tuples, count * this.tupleSize);
    this.found = resized(this.found, count);
  }

  #resizePhases(length: number): void {
    this.phase = resized(this.phase, length);
    this.phaseNs = resized(this.phaseNs, length);
    this.phaseOffsetNs = resized(this.phaseOffsetNs, length);
  }
}

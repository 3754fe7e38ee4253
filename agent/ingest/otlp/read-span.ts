import type { ByteIntern } from '../byte-intern.ts';
import type { AttributeKeys } from './attribute-keys.ts';
import { type AttributeValues, textOf } from './attribute-values.ts';

const TWO_POW_32 = 4_294_967_296;
const NO_TEXT = -1;

/** `Span.kind`. */
export const SpanKind = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const;

export interface ReadSpanParts {
  readonly attributes: AttributeValues;
  readonly resource: AttributeValues;
  readonly events: number;
  readonly intern: ByteIntern;
  /** Those that mappings compare with. */
  readonly texts: AttributeKeys;
}

/**
 * One span as a reader left it: what a mapping may ask for, and nothing else. One object serves all spans: nothing of it
 * outlives the next span.
 */
export class ReadSpan {
  readonly attributes: AttributeValues;
  /** Of the resource that the span came from. */
  readonly resource: AttributeValues;
  /** Big-endian words; all zero: none. */
  readonly traceId = new Uint32Array(4);
  readonly spanId = new Uint32Array(2);
  /** All zero: a root span. */
  readonly parentId = new Uint32Array(2);
  /** Which of the texts that mappings compare with is the name of the instrumentation scope; -1: none. */
  scope = NO_TEXT;
  /** A `SpanKind`. */
  kind = 0;
  /** 0 unset, 1 ok, 2 error: the codes of OTLP are those of `SpanStatus`. */
  statusCode = 0;
  /** Unix nanoseconds as two unsigned halves. */
  startLow = 0;
  startHigh = 0;
  endLow = 0;
  endHigh = 0;
  /** Where the name stands in the bytes that `attributes.view` is over. */
  nameStart = 0;
  nameEnd = 0;
  readonly #intern: ByteIntern;
  readonly #texts: AttributeKeys;
  readonly #eventRounds: Float64Array;
  /** The round in which one of the name came again. */
  readonly #repeatRounds: Float64Array;
  readonly #eventLow: Float64Array;
  readonly #eventHigh: Float64Array;
  #round = 1;

  constructor({ attributes, resource, events, intern, texts }: ReadSpanParts) {
    this.attributes = attributes;
    this.resource = resource;
    this.#intern = intern;
    this.#texts = texts;
    this.#eventRounds = new Float64Array(events);
    this.#repeatRounds = new Float64Array(events);
    this.#eventLow = new Float64Array(events);
    this.#eventHigh = new Float64Array(events);
  }

  /** Hot. Which of the texts that mappings compare with is the name; -1: none. */
  get name(): number {
    return this.#texts.slotOf(this.attributes.view, this.nameStart, this.nameEnd);
  }

  /** Hot. The interned id of the name, for use as a tag. Only of names that are few: not where each request has its own. */
  get nameId(): number {
    return this.#intern.idOf(this.attributes.view, this.nameStart, this.nameEnd);
  }

  /** Slow: makes a string. */
  get nameText(): string {
    return textOf(this.attributes.view, this.nameStart, this.nameEnd);
  }

  get isRoot(): boolean {
    return this.parentId[0] === 0 && this.parentId[1] === 0;
  }

  /** Hot. From start to end, exact to 2^53; negative if the end is before the start, NaN if one is not given. */
  get durationNs(): number {
    const isGiven =
      (this.startHigh !== 0 || this.startLow !== 0) && (this.endHigh !== 0 || this.endLow !== 0);
    return isGiven ? this.#sinceStartNs(this.endLow, this.endHigh) : Number.NaN;
  }

  /** Whether an event of this slot came with the span. */
  hasEvent(slot: number): boolean {
    return this.#eventRounds[slot] === this.#round;
  }

  /** Whether more than one event of this slot came. */
  isRepeated(slot: number): boolean {
    return this.#repeatRounds[slot] === this.#round;
  }

  /** Hot. When the first event of this slot happened, from the span's start, exact; NaN: it did not. */
  eventNs(slot: number): number {
    return this.hasEvent(slot) ? this.#sinceStartNs(this.#eventLow[slot], this.#eventHigh[slot]) : Number.NaN;
  }

  /** All but resource and scope, which many spans share. */
  clear(): void {
    this.attributes.clear();
    this.#round++;
    clearWords(this.traceId);
    clearWords(this.spanId);
    clearWords(this.parentId);
    this.kind = 0;
    this.statusCode = 0;
    this.startLow = 0;
    this.startHigh = 0;
    this.endLow = 0;
    this.endHigh = 0;
    this.nameStart = 0;
    this.nameEnd = 0;
  }

  /** An event at this time, in Unix nanoseconds; of several the first counts. */
  addEvent(slot: number, low: number, high: number): void {
    if (this.hasEvent(slot)) {
      this.#repeatRounds[slot] = this.#round;
      if (isBefore(this.#eventLow[slot], this.#eventHigh[slot], low, high)) return;
    }
    this.#eventRounds[slot] = this.#round;
    this.#eventLow[slot] = low;
    this.#eventHigh[slot] = high;
  }

  #sinceStartNs(low: number, high: number): number {
    return (high - this.startHigh) * TWO_POW_32 + (low - this.startLow);
  }
}

/** Cheaper than `fill` for so few. */
function clearWords(words: Uint32Array): void {
  for (let k = 0; k < words.length; k++) words[k] = 0;
}

function isBefore(low: number, high: number, thanLow: number, thanHigh: number): boolean {
  return high < thanHigh || (high === thanHigh && low <= thanLow);
}

import { type ByteIntern, EMPTY_ID } from '../byte-intern.ts';
import type { AttributeKeys } from './attribute-keys.ts';

/** What an attribute's value is, as `AnyValue` of the OTLP has it. */
const Kind = { number: 1, text: 2, boolean: 3, other: 4 } as const;
const NO_TEXT = -1;
const NUMERIC = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
/** A number or a truth value as text. */
const LONGEST_NUMBER_BYTES = 32;

/**
 * The attributes of one span, or of one resource, that somebody asked for, by slot. Reused: `clear` costs nothing,
 * texts stay bytes of the message until they are asked for.
 */
export class AttributeValues {
  /** Over the bytes in which texts stand. */
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly #intern: ByteIntern;
  readonly #texts: AttributeKeys;
  /** By slot: the round in which it was set. */
  readonly #rounds: Float64Array;
  readonly #kinds: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  /** By slot: the id of the last text asked for; most repeat. */
  readonly #lastIds: Int32Array;
  readonly #digits = new DataView(new ArrayBuffer(LONGEST_NUMBER_BYTES));
  #round = 1;

  /** `texts`: those that `known` recognises. */
  constructor(slots: number, intern: ByteIntern, texts: AttributeKeys) {
    this.#intern = intern;
    this.#texts = texts;
    this.#rounds = new Float64Array(slots);
    this.#kinds = new Uint8Array(slots);
    this.#numbers = new Float64Array(slots);
    this.#starts = new Uint32Array(slots);
    this.#ends = new Uint32Array(slots);
    this.#lastIds = new Int32Array(slots);
  }

  /** Changes with each `clear`. */
  get round(): number {
    return this.#round;
  }

  /** Hot. Whether there is a value, of whatever kind. */
  has(slot: number): boolean {
    return this.#rounds[slot] === this.#round;
  }

  /** Hot. An integer (exact to 2^53), a double, a truth value as 0 or 1, or the number that a text states; else NaN. */
  number(slot: number): number {
    if (!this.has(slot)) return Number.NaN;
    const kind = this.#kinds[slot];
    if (kind === Kind.number || kind === Kind.boolean) return this.#numbers[slot];
    const text = kind === Kind.text ? this.text(slot) : '';
    return NUMERIC.test(text) ? Number(text) : Number.NaN;
  }

  /** Hot. Whether it is the truth value or the text `true`. */
  isTrue(slot: number): boolean {
    if (!this.has(slot)) return false;
    const kind = this.#kinds[slot];
    return kind === Kind.boolean
      ? this.#numbers[slot] === 1
      : kind === Kind.text && this.text(slot) === 'true';
  }

  /** Hot. The interned id of a text, a number or a truth value; `EMPTY_ID` if there is none. */
  textId(slot: number): number {
    if (!this.has(slot)) return EMPTY_ID;
    const kind = this.#kinds[slot];
    if (kind === Kind.text) {
      const id = this.#intern.idOfLikely(
        this.#lastIds[slot],
        this.view,
        this.#starts[slot],
        this.#ends[slot],
      );
      this.#lastIds[slot] = id;
      return id;
    }
    return kind === Kind.other ? EMPTY_ID : this.#idOfNumber(this.text(slot));
  }

  /** Hot. Which of the texts that mappings compare with it is; -1: none. */
  known(slot: number): number {
    if (!this.has(slot) || this.#kinds[slot] !== Kind.text) return NO_TEXT;
    return this.#texts.slotOf(this.view, this.#starts[slot], this.#ends[slot]);
  }

  /** Slow: makes a string of a text, a number or a truth value; empty if there is none. */
  text(slot: number): string {
    if (!this.has(slot)) return '';
    switch (this.#kinds[slot]) {
      case Kind.text:
        return textOf(this.view, this.#starts[slot], this.#ends[slot]);
      case Kind.number:
        return String(this.#numbers[slot]);
      case Kind.boolean:
        return this.#numbers[slot] === 1 ? 'true' : 'false';
      default:
        return '';
    }
  }

  clear(): void {
    this.#round++;
  }

  setNumber(slot: number, value: number): void {
    this.#set(slot, Kind.number);
    this.#numbers[slot] = value;
  }

  setBoolean(slot: number, value: boolean): void {
    this.#set(slot, Kind.boolean);
    this.#numbers[slot] = value ? 1 : 0;
  }

  setText(slot: number, start: number, end: number): void {
    this.#set(slot, Kind.text);
    this.#starts[slot] = start;
    this.#ends[slot] = end;
  }

  /** A list, a map or bytes: there, but not to be read. */
  setOther(slot: number): void {
    this.#set(slot, Kind.other);
  }

  /** It has a key but no value. */
  unset(slot: number): void {
    this.#rounds[slot] = 0;
  }

  #set(slot: number, kind: number): void {
    this.#rounds[slot] = this.#round;
    this.#kinds[slot] = kind;
  }

  #idOfNumber(text: string): number {
    const { written } = new TextEncoder().encodeInto(text, new Uint8Array(this.#digits.buffer));
    return this.#intern.idOf(this.#digits, 0, written);
  }
}

/** The string that stands from `start` to before `end`. */
export function textOf(view: DataView, start: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, end - start).toString();
}

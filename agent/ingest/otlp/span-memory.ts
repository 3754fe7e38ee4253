import { randomInt } from 'node:crypto';
import { grown } from '../grown-array.ts';
import type { ReadSpan } from './read-span.ts';

/** 4 MiB a generation, which stays near the processor; more spans than that are remembered for less long. */
const MAX_SPANS = 1 << 18;
const START_SLOTS = 1 << 11;
const SLOTS_PER_SPAN = 2;

/**
 * Which spans were counted, so that one that comes again because its answer got lost counts once: 64 bits of a hash of
 * trace and span id, in two generations, so that each is remembered for one to two of them. A span without an id is
 * never known.
 *
 * Hot: two arrays of words, no object a span (see `npm run bench -- otlp`).
 */
export class SpanMemory {
  readonly #generationMs: number;
  /** Drawn anew in each process, so that nobody can send spans that pass for others. */
  readonly #seed = randomInt(2 ** 31);
  #young = new HashTable(START_SLOTS);
  #old = new HashTable(START_SLOTS);
  #turnMs = Number.NEGATIVE_INFINITY;
  #low = 0;
  #high = 0;
  #isNamed = false;

  constructor(generationMs: number) {
    this.#generationMs = generationMs;
  }

  /** To be called before each message. */
  begin(nowMs: number): void {
    if (nowMs - this.#turnMs >= this.#generationMs || this.#young.count > MAX_SPANS) {
      this.#turnMs = nowMs;
      const emptied = this.#old;
      emptied.clear(this.#young.count);
      this.#old = this.#young;
      this.#young = emptied;
    }
    this.#young.begin();
  }

  /** Hot. Whether this span was remembered, in this message or before it. */
  knows({ traceId, spanId }: ReadSpan): boolean {
    this.#isNamed = spanId[0] !== 0 || spanId[1] !== 0;
    if (!this.#isNamed) return false;
    let low = this.#seed;
    let high = ~this.#seed;
    for (let k = 0; k < 4; k++) {
      low = Math.imul(low ^ traceId[k], 0x9e3779b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ traceId[k] ^ low, 0x85ebca6b);
    }
    low = Math.imul(low ^ spanId[0], 0x9e3779b1) ^ spanId[1];
    high = Math.imul(high ^ spanId[1] ^ (low >>> 13), 0xc2b2ae35) ^ spanId[0];
    low = Math.imul(low ^ (low >>> 15), 0x85ebca6b);
    this.#low = (low ^ (low >>> 16)) | 1;
    this.#high = high ^ (high >>> 15);
    return this.#young.has(this.#low, this.#high) || this.#old.has(this.#low, this.#high);
  }

  /** Hot. Remembers the span that was last asked for, and was not known. */
  remember(): void {
    if (this.#isNamed) this.#young.add(this.#low, this.#high);
  }

  /** Forgets what was remembered since `begin`. */
  rollback(): void {
    this.#young.rollback();
  }
}

/** A power of two, at least. */
function slotsFor(spans: number): number {
  return Math.max(START_SLOTS, 2 ** Math.ceil(Math.log2(spans * SLOTS_PER_SPAN + 1)));
}

/** Open addressing over a power of two, two words a slot, side by side; a low word of 0 is a free slot. */
class HashTable {
  count = 0;
  #words: Int32Array;
  /** Where the slots begin that were filled since `begin`, in order. */
  #filled = new Int32Array(START_SLOTS);
  #filledCount = 0;
  /** Where the one that was asked for last stands, or would. */
  #askedAt = 0;
  /** What the table was when it grew for the first time since `begin`. */
  #before: { readonly words: Int32Array; readonly filledCount: number } | undefined;

  constructor(slots: number) {
    this.#words = new Int32Array(2 * slots);
  }

  /** Empties it, with room for as many as these: growing costs. */
  clear(spans: number): void {
    const slots = slotsFor(spans);
    if (this.#words.length === 2 * slots) this.#words.fill(0);
    else this.#words = new Int32Array(2 * slots);
    this.count = 0;
    this.begin();
  }

  begin(): void {
    this.#filledCount = 0;
    this.#before = undefined;
  }

  has(low: number, high: number): boolean {
    this.#askedAt = this.#find(low, high);
    return this.#words[this.#askedAt] !== 0;
  }

  /** One that it was asked for last, and does not have. */
  add(low: number, high: number): void {
    if (this.#filledCount === this.#filled.length) this.#filled = grown(this.#filled, this.#filledCount * 2);
    let at = this.#askedAt;
    if (this.count * SLOTS_PER_SPAN * 2 >= this.#words.length) {
      this.#grow();
      at = this.#find(low, high);
    }
    this.#words[at] = low;
    this.#words[at + 1] = high;
    this.#filled[this.#filledCount++] = at;
    this.count++;
  }

  /** No slot that was filled before was passed over because of one that is freed here. */
  rollback(): void {
    this.count -= this.#filledCount;
    if (this.#before !== undefined) {
      this.#words = this.#before.words;
      this.#filledCount = this.#before.filledCount;
    }
    for (let k = 0; k < this.#filledCount; k++) this.#words[this.#filled[k]] = 0;
    this.begin();
  }

  /** Where it stands, or would. */
  #find(low: number, high: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    let at = ((high ^ (low >>> 7)) << 1) & mask;
    while (words[at] !== 0 && (words[at] !== low || words[at + 1] !== high)) at = (at + 2) & mask;
    return at;
  }

  #grow(): void {
    const words = this.#words;
    this.#before ??= { words, filledCount: this.#filledCount };
    this.#words = new Int32Array(words.length * 2);
    for (let at = 0; at < words.length; at += 2) {
      if (words[at] === 0) continue;
      const to = this.#find(words[at], words[at + 1]);
      this.#words[to] = words[at];
      this.#words[to + 1] = words[at + 1];
    }
  }
}

import { randomInt } from 'node:crypto';
import { grown } from '../grown-array.ts';
import type { ReadSpan } from './read-span.ts';

/** 16 MiB a generation; more spans than that are remembered for less long. */
const MAX_SPANS = 1 << 20;
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
  #young = new HashTable();
  #old = new HashTable();
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
      this.#old = this.#young;
      this.#young = new HashTable();
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

/** Open addressing over a power of two; a low word of 0 is a free slot. */
class HashTable {
  count = 0;
  #low: Int32Array = new Int32Array(START_SLOTS);
  #high: Int32Array = new Int32Array(START_SLOTS);
  /** The slots filled since `begin`, in order. */
  #filled = new Int32Array(START_SLOTS);
  #filledCount = 0;
  /** What the table was when it grew for the first time since `begin`. */
  #before: { readonly low: Int32Array; readonly high: Int32Array; readonly filledCount: number } | undefined;

  begin(): void {
    this.#filledCount = 0;
    this.#before = undefined;
  }

  has(low: number, high: number): boolean {
    return this.#low[this.#find(low, high)] !== 0;
  }

  /** One that it does not have. */
  add(low: number, high: number): void {
    if (this.count * SLOTS_PER_SPAN >= this.#low.length) this.#grow();
    if (this.#filledCount === this.#filled.length) this.#filled = grown(this.#filled, this.#filledCount * 2);
    const slot = this.#find(low, high);
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#filled[this.#filledCount++] = slot;
    this.count++;
  }

  /** No slot that was filled before was passed over because of one that is freed here. */
  rollback(): void {
    this.count -= this.#filledCount;
    if (this.#before !== undefined) {
      this.#low = this.#before.low;
      this.#high = this.#before.high;
      this.#filledCount = this.#before.filledCount;
    }
    for (let k = 0; k < this.#filledCount; k++) this.#low[this.#filled[k]] = 0;
    this.begin();
  }

  /** Where it stands, or would. */
  #find(low: number, high: number): number {
    const lows = this.#low;
    const highs = this.#high;
    const mask = lows.length - 1;
    let slot = (high ^ (low >>> 7)) & mask;
    while (lows[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const lows = this.#low;
    const highs = this.#high;
    this.#before ??= { low: lows, high: highs, filledCount: this.#filledCount };
    this.#low = new Int32Array(lows.length * 2);
    this.#high = new Int32Array(lows.length * 2);
    for (let slot = 0; slot < lows.length; slot++) {
      if (lows[slot] === 0) continue;
      const to = this.#find(lows[slot], highs[slot]);
      this.#low[to] = lows[slot];
      this.#high[to] = highs[slot];
    }
  }
}

import { randomInt } from 'node:crypto';
import { HashLog } from './hash-log.ts';
import { HashTable } from './hash-table.ts';
import type { ReadSpan } from './read-span.ts';

/** 4 MiB a generation, which stays near the processor; more spans than that are remembered for less long. */
const MAX_SPANS = 1 << 18;

/**
 * Which spans were counted, so that one that comes again because its answer got lost counts once: 64 bits of a hash of
 * trace and span id, in two generations, so that each is remembered for one to two of them. A span without an id is
 * never known.
 *
 * Hot: two arrays of words, no object a span (see `npm run bench -- otlp`).
 */
export class SpanMemory {
  readonly #generationMs: number;
  /** Drawn anew where nothing is restored, so that nobody can send spans that pass for others. */
  #seed = randomInt(2 ** 31);
  /** What is to be written. */
  readonly #log = new HashLog(MAX_SPANS);
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
    if (this.#turnMs === Number.NEGATIVE_INFINITY) this.#turnMs = nowMs;
    if (nowMs - this.#turnMs >= this.#generationMs || this.#young.count > MAX_SPANS) {
      this.#turnMs = nowMs;
      const emptied = this.#old;
      emptied.clear(this.#young.count);
      this.#old = this.#young;
      this.#young = emptied;
    }
    this.#young.begin();
    this.#log.begin();
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

  /**
   * Hot. Remembers the span that was last asked for, and was not known. One that waits to be counted is not written: it
   * would be lost with the process, and known to the next.
   */
  remember(isCounted: boolean): void {
    if (!this.#isNamed) return;
    this.#young.add(this.#low, this.#high);
    if (isCounted) this.#log.add(this.#low, this.#high);
  }

  /** Forgets what was remembered since `begin`. */
  rollback(): void {
    this.#young.rollback();
    this.#log.rollback();
  }

  get seed(): number {
    return this.#seed;
  }

  /** Hashes, in pairs of words, that were remembered since the last call; of very many the first. */
  takeNew(): Int32Array<ArrayBuffer> {
    return this.#log.take();
  }

  /** What `takeNew` gave could not be written. */
  giveBack(words: Int32Array): void {
    this.#log.putBack(words);
  }

  /** Before the first message: what was taken from another memory with this seed, the newest first; as much as a generation holds. */
  restore(words: Int32Array, seed: number): void {
    this.#seed = seed;
    this.#young.begin();
    for (let at = 0; at + 1 < words.length && this.#young.count < MAX_SPANS; at += 2) {
      if (!this.#young.has(words[at], words[at + 1])) this.#young.add(words[at], words[at + 1]);
    }
    this.#young.begin();
  }
}

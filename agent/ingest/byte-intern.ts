import { isUtf8 } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { resized } from '../core/growable.ts';

/** The empty string. */
export const EMPTY_ID = 0;
/** Any string of more bytes than are kept. */
export const TOO_LONG_ID = 1;
/** Of the first seed. */
export const FIRST_SEED_ID = 2;

/** Bits of what is wrong with a string as a name. */
const EMPTY = 1;
const TOO_LONG = 2;
const INVALID = 4;

/** The uuids of two dozen GPUs, which make the longest value there is a use for. */
const KEPT_BYTES = 1024;
const MAX_STRINGS = 16_384;
const MAX_POOL_BYTES = 1 << 20;
const START_STRINGS = 256;
const START_POOL_BYTES = 1 << 13;

export interface ByteInternOptions {
  /** Longer strings are too long for a name; those beyond 1,024 bytes (or this, if it is more) all are `TOO_LONG_ID`. */
  readonly maxBytes: number;
  /** Different strings, which have the ids 2, 3, … in every generation. */
  readonly seeds: readonly string[];
}

/**
 * Small ids for byte strings, without decoding them: a hash table over one pool of bytes. An id holds until
 * `trim` empties the table, which shows in `generation`.
 */
export class ByteIntern {
  readonly #maxBytes: number;
  readonly #keptBytes: number;
  readonly #seeds: readonly DataView[];
  /** Drawn anew in each process, so that nobody can send strings that all collide. */
  readonly #hashSeed = randomInt(2 ** 31);
  generation = 0;
  #count = 0;
  #poolBytes = 0;
  #pool = new DataView(new ArrayBuffer(0));
  /** By id: where the bytes begin; those of id end where id + 1 begins. */
  #starts = new Uint32Array(0);
  #hashes = new Int32Array(0);
  /** By id: which of the bits above. */
  #flaws = new Uint8Array(0);
  /** Open addressing over a power of two; id, or 0 for none. */
  #slots = new Int32Array(0);

  constructor({ maxBytes, seeds }: ByteInternOptions) {
    this.#maxBytes = maxBytes;
    this.#keptBytes = Math.max(maxBytes, KEPT_BYTES);
    this.#seeds = seeds.map((seed) => new DataView(new TextEncoder().encode(seed).buffer));
    this.#clear();
  }

  /** Hot. As `idOf`, but `likelyId` is tried first: the rows of a message mostly repeat each other. */
  idOfLikely(likelyId: number, message: DataView, start: number, end: number): number {
    if (end > start && this.#holds(likelyId, message, start, end)) return likelyId;
    return this.idOf(message, start, end);
  }

  /** Hot. The id of the bytes from `start` to before `end`. */
  idOf(message: DataView, start: number, end: number): number {
    if (end === start) return EMPTY_ID;
    if (end - start > this.#keptBytes) return TOO_LONG_ID;
    const hash = hashOf(message, start, end, this.#hashSeed);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot];
      if (id === 0) return this.#add(message, start, end, hash);
      if (this.#hashes[id] === hash && this.#holds(id, message, start, end)) return id;
    }
  }

  /** Hot. Whether the string can be a name: it is not empty, too long or invalid. */
  isName(id: number): boolean {
    return this.#flaws[id] === 0;
  }

  /** Whether the string is longer than a name may be. */
  isTooLong(id: number): boolean {
    return (this.#flaws[id] & TOO_LONG) !== 0;
  }

  /** Whether the string is not UTF-8 or holds control characters. */
  isInvalid(id: number): boolean {
    return (this.#flaws[id] & INVALID) !== 0;
  }

  text(id: number): string {
    return Buffer.from(
      this.#pool.buffer,
      this.#starts[id],
      this.#starts[id + 1] - this.#starts[id],
    ).toString();
  }

  /** To be called between messages, whose ids it voids if it has to make room. */
  trim(): void {
    if (this.#count > MAX_STRINGS || this.#poolBytes > MAX_POOL_BYTES) this.#clear();
  }

  #clear(): void {
    this.generation++;
    this.#count = FIRST_SEED_ID;
    this.#poolBytes = 0;
    this.#pool = new DataView(new ArrayBuffer(START_POOL_BYTES));
    this.#starts = new Uint32Array(START_STRINGS + 1);
    this.#hashes = new Int32Array(START_STRINGS);
    this.#flaws = new Uint8Array(START_STRINGS);
    this.#flaws[EMPTY_ID] = EMPTY;
    this.#flaws[TOO_LONG_ID] = TOO_LONG;
    this.#slots = new Int32Array(START_STRINGS * 4);
    for (const seed of this.#seeds) {
      this.#add(seed, 0, seed.byteLength, hashOf(seed, 0, seed.byteLength, this.#hashSeed));
    }
  }

  #holds(id: number, message: DataView, start: number, end: number): boolean {
    const pool = this.#pool;
    let own = this.#starts[id];
    const ownEnd = this.#starts[id + 1];
    if (ownEnd - own !== end - start) return false;
    let at = start;
    const lastWord = end - 4;
    for (; at < lastWord; at += 4, own += 4) {
      if (message.getInt32(at, true) !== pool.getInt32(own, true)) return false;
    }
    // The last word may overlap the one before it.
    if (lastWord >= start) return message.getInt32(lastWord, true) === pool.getInt32(ownEnd - 4, true);
    for (; at < end; at++, own++) if (message.getUint8(at) !== pool.getUint8(own)) return false;
    return true;
  }

  /** Slow path. */
  #add(message: DataView, start: number, end: number, hash: number): number {
    const text = new Uint8Array(message.buffer, message.byteOffset + start, end - start);
    if (this.#count === this.#hashes.length) this.#growTable();
    while (this.#poolBytes + text.length > this.#pool.byteLength) this.#growPool();
    const id = this.#count++;
    new Uint8Array(this.#pool.buffer).set(text, this.#poolBytes);
    this.#poolBytes += text.length;
    this.#starts[id + 1] = this.#poolBytes;
    this.#hashes[id] = hash;
    this.#flaws[id] = this.#flawsOf(text);
    this.#place(id);
    return id;
  }

  #flawsOf(text: Uint8Array): number {
    const length = text.length > this.#maxBytes ? TOO_LONG : 0;
    return isUtf8(text) && !hasControl(text) ? length : length | INVALID;
  }

  /** Into the first free slot from its hash on. */
  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[id] & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }

  #growTable(): void {
    const size = this.#hashes.length * 2;
    this.#starts = resized(this.#starts, size + 1);
    this.#hashes = resized(this.#hashes, size);
    this.#flaws = resized(this.#flaws, size);
    this.#slots = new Int32Array(size * 4);
    for (let id = FIRST_SEED_ID; id < this.#count; id++) this.#place(id);
  }

  #growPool(): void {
    const bytes = new Uint8Array(this.#pool.buffer);
    this.#pool = new DataView(resized(bytes, bytes.length * 2).buffer);
  }
}

/** FNV-1a over words of four bytes and the rest, its high bits folded down because the table uses the low ones. */
function hashOf(view: DataView, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start);
  let at = start;
  for (const lastWord = end - 4; at <= lastWord; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Control characters of UTF-8: C0, DEL, and C1, which is 0xc2 with 0x80 to 0x9f. */
function hasControl(text: Uint8Array): boolean {
  return text.some(
    (byte, i) => byte < 0x20 || byte === 0x7f || (byte < 0xa0 && byte >= 0x80 && text[i - 1] === 0xc2),
  );
}

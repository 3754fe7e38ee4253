import { resized } from '../../core/growable.ts';

const START_SLOTS = 1 << 11;
const SLOTS_PER_SPAN = 2;

/** Open addressing over a power of two, two words a slot, side by side; a low word of 0 is a free slot. */
export class HashTable {
  count = 0;
  #words: Int32Array = new Int32Array(2 * START_SLOTS);
  /** Where the slots begin that were filled since `begin`, in order. */
  #filled = new Int32Array(START_SLOTS);
  #filledCount = 0;
  /** Where the one that was asked for last stands, or would. */
  #askedAt = 0;
  /** What the table was when it grew for the first time since `begin`. */
  #before: { readonly words: Int32Array; readonly filledCount: number } | undefined;

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
    if (this.#filledCount === this.#filled.length)
      this.#filled = resized(this.#filled, this.#filledCount * 2);
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

/** A power of two, at least. */
function slotsFor(spans: number): number {
  return Math.max(START_SLOTS, 2 ** Math.ceil(Math.log2(spans * SLOTS_PER_SPAN + 1)));
}

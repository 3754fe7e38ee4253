import { resized } from '../../core/growable.ts';

const START_WORDS = 1 << 11;

/** Hashes of 64 bits in the order in which they came, as pairs of words; as many as fit, the first. */
export class HashLog {
  readonly #maxWords: number;
  #words: Int32Array = new Int32Array(START_WORDS);
  #length = 0;
  #beganAt = 0;

  constructor(maxHashes: number) {
    this.#maxWords = 2 * maxHashes;
  }

  /** What `rollback` goes back to. */
  begin(): void {
    this.#beganAt = this.#length;
  }

  /** Hot. */
  add(low: number, high: number): void {
    if (this.#length === this.#maxWords) return;
    if (this.#length === this.#words.length) this.#words = resized(this.#words, 2 * this.#length);
    this.#words[this.#length++] = low;
    this.#words[this.#length++] = high;
  }

  rollback(): void {
    this.#length = this.#beganAt;
  }

  /** All of them, which it has no more. */
  take(): Int32Array<ArrayBuffer> {
    const taken = this.#words.slice(0, this.#length);
    this.#words = new Int32Array(Math.max(START_WORDS, this.#length));
    this.#length = 0;
    this.#beganAt = 0;
    return taken;
  }

  /** Before those that came since. */
  putBack(words: Int32Array): void {
    const since = this.take();
    for (const part of [words, since])
      for (let at = 0; at < part.length; at += 2) this.add(part[at], part[at + 1]);
    this.begin();
  }
}

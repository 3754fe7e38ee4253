import { BINS_PER_PAGE } from '../core/duration-bins.ts';

const PAGE_BITS = 5;
const CHUNK_PAGE_BITS = 10;
const PAGES_PER_CHUNK = 1 << CHUNK_PAGE_BITS;

/** Pages of 32 16-bit counts, one cache line each, in chunks of 1,024. A page that is not taken is empty. */
export class PagePool {
  readonly #chunks: Uint16Array[] = [];
  /** The same memory, two counts a word. */
  readonly #words: Int32Array[] = [];
  #end = 0;
  #free: number[] = [];

  /** Hot. The array that holds a page. */
  chunkOf(page: number): Uint16Array {
    return this.#chunks[page >>> CHUNK_PAGE_BITS];
  }

  /** Hot. The same array, two counts a word: half of `startOf` is where a page begins. */
  wordsOf(page: number): Int32Array {
    return this.#words[page >>> CHUNK_PAGE_BITS];
  }

  /** Hot. Where in its chunk a page begins. */
  startOf(page: number): number {
    return (page & (PAGES_PER_CHUNK - 1)) << PAGE_BITS;
  }

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const page = this.#end++;
    this.#ensureChunk(page >>> CHUNK_PAGE_BITS);
    return page;
  }

  giveBack(page: number): void {
    const start = this.startOf(page);
    this.chunkOf(page).fill(0, start, start + BINS_PER_PAGE);
    this.#free.push(page);
  }

  /** Takes all pages back and keeps the memory. */
  reset(): void {
    for (let chunk = 0; chunk << CHUNK_PAGE_BITS < this.#end; chunk++) this.#chunks[chunk]?.fill(0);
    this.#end = 0;
    this.#free = [];
  }

  /** Becomes a copy of `source`; no page of this pool is taken. Whole chunks are copied. */
  copyFrom(source: PagePool): void {
    for (let chunk = 0; chunk << CHUNK_PAGE_BITS < source.#end; chunk++) {
      this.#ensureChunk(chunk).set(source.#chunks[chunk]);
    }
    this.#end = source.#end;
    this.#free = source.#free.slice();
  }

  #ensureChunk(chunk: number): Uint16Array {
    const known = this.#chunks[chunk];
    if (known !== undefined) return known;
    const created = new Uint16Array(PAGES_PER_CHUNK * BINS_PER_PAGE);
    this.#chunks[chunk] = created;
    this.#words[chunk] = new Int32Array(created.buffer);
    return created;
  }
}

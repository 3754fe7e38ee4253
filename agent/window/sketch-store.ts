import type { DenseBins } from './dense-bins.ts';
import { BIN_COUNT, BINS_PER_PAGE } from './duration-bins.ts';
import { grown } from './growable.ts';

const PAGE_BITS = 5;
const CHUNK_PAGE_BITS = 10;
const PAGES_PER_CHUNK = 1 << CHUNK_PAGE_BITS;
const CARRY = 65_536;
/** Compact the directory when this many of its entries, and half of all, are abandoned. */
const MIN_ABANDONED = 65_536;

/**
 * Sketches of many rows. A row is a run of directory entries, one for each page of 32 bins between its least and its
 * greatest value; a page is 64 bytes, one cache line, of 16-bit counts. What a count has beyond 65,535 is kept apart:
 * few bins ever get there. Measured by test/bench/sketch.ts: 16-bit pages insert twice as fast as 32-bit ones once
 * there are more series than fit the cache.
 */
export class SketchStore {
  #firstPage = new Uint8Array(64);
  #pageCount = new Uint8Array(64);
  #directoryStart = new Int32Array(64);
  /** Page id + 1; 0: no page. */
  #directory = new Int32Array(1024);
  #directoryEnd = 0;
  #abandoned = 0;
  readonly #chunks: Uint16Array[] = [];
  #pageEnd = 0;
  #freePages: number[] = [];
  /** By row * BIN_COUNT + bin: the multiple of 65,536 that the page could not hold. */
  readonly #carries = new Map<number, number>();

  /** Hot. One value more in a bin. */
  increment(row: number, bin: number): void {
    const page = bin >>> PAGE_BITS;
    const index = row < this.#pageCount.length ? page - this.#firstPage[row] : -1;
    let entry = 0;
    if (index >= 0 && index < this.#pageCount[row]) {
      entry = this.#directory[this.#directoryStart[row] + index];
    }
    if (entry === 0) entry = this.#createPage(row, page);
    const chunk = this.#chunks[(entry - 1) >>> CHUNK_PAGE_BITS] as Uint16Array;
    const slot = (((entry - 1) & (PAGES_PER_CHUNK - 1)) << PAGE_BITS) | (bin & (BINS_PER_PAGE - 1));
    const count = (chunk[slot] + 1) & (CARRY - 1);
    chunk[slot] = count;
    if (count === 0) this.#carry(row, bin, CARRY);
  }

  /** Adds all bins of `bins`; negative counts take away. A page that becomes empty is given back. */
  merge(row: number, bins: DenseBins): void {
    for (let first = bins.first & ~(BINS_PER_PAGE - 1); first < bins.end; first += BINS_PER_PAGE) {
      this.#mergePage(row, first, bins.counts);
    }
  }

  /** Adds the row to `target`, `sign` times. */
  read(row: number, target: DenseBins, sign: 1 | -1): void {
    if (row >= this.#pageCount.length) return;
    const start = this.#directoryStart[row];
    const count = this.#pageCount[row];
    for (let index = 0; index < count; index++) {
      const entry = this.#directory[start + index];
      if (entry === 0) continue;
      this.#readPage(entry - 1, (this.#firstPage[row] + index) << PAGE_BITS, target, sign);
    }
    if (this.#carries.size > 0) this.#readCarries(row, target, sign);
  }

  clearRow(row: number): void {
    if (row >= this.#pageCount.length) return;
    const start = this.#directoryStart[row];
    const count = this.#pageCount[row];
    for (let index = 0; index < count; index++) {
      const entry = this.#directory[start + index];
      if (entry !== 0) this.#freePage(entry - 1);
    }
    this.#abandoned += count;
    this.#pageCount[row] = 0;
    if (this.#carries.size === 0) return;
    for (const key of this.#carries.keys())
      if (Math.floor(key / BIN_COUNT) === row) this.#carries.delete(key);
  }

  /** Empties all rows and keeps the memory. */
  reset(): void {
    this.#pageCount.fill(0);
    this.#directory.fill(0, 0, this.#directoryEnd);
    this.#directoryEnd = 0;
    this.#abandoned = 0;
    for (let chunk = 0; chunk << CHUNK_PAGE_BITS < this.#pageEnd; chunk++) this.#chunks[chunk]?.fill(0);
    this.#pageEnd = 0;
    this.#freePages = [];
    this.#carries.clear();
  }

  /** Becomes a copy of `source`; reuses its own memory. Quick: blocks of memory are copied whole. */
  copyFrom(source: SketchStore): void {
    this.reset();
    this.#firstPage = source.#firstPage.slice();
    this.#pageCount = source.#pageCount.slice();
    this.#directoryStart = source.#directoryStart.slice();
    this.#directory = source.#directory.slice(0, Math.max(1024, source.#directoryEnd));
    this.#directoryEnd = source.#directoryEnd;
    this.#abandoned = source.#abandoned;
    for (let chunk = 0; chunk << CHUNK_PAGE_BITS < source.#pageEnd; chunk++) {
      this.#chunks[chunk] ??= new Uint16Array(PAGES_PER_CHUNK * BINS_PER_PAGE);
      this.#chunks[chunk]?.set(source.#chunks[chunk] as Uint16Array);
    }
    this.#pageEnd = source.#pageEnd;
    this.#freePages = [...source.#freePages];
    for (const [key, carry] of source.#carries) this.#carries.set(key, carry);
  }

  /** Slow path of `increment`: the first value in this half octave. Returns the directory entry. */
  #createPage(row: number, page: number): number {
    if (row >= this.#pageCount.length) this.#growRows(row + 1);
    const index = this.#coverPage(row, page);
    const slot = this.#directoryStart[row] + index;
    const known = this.#directory[slot];
    if (known !== 0) return known;
    const entry = this.#takePage() + 1;
    this.#directory[slot] = entry;
    return entry;
  }

  /** Makes the row's run of entries include `page`, moving it to the directory's end if it must grow. */
  #coverPage(row: number, page: number): number {
    const count = this.#pageCount[row];
    const first = count === 0 ? page : this.#firstPage[row];
    const newFirst = Math.min(first, page);
    const newCount = Math.max(first + count, page + 1) - newFirst;
    if (newCount === count) return page - first;
    if (this.#abandoned > MIN_ABANDONED && this.#abandoned * 2 > this.#directoryEnd) this.#compact();
    const start = this.#directoryEnd;
    if (start + newCount > this.#directory.length) this.#directory = grown(this.#directory, start + newCount);
    const oldStart = this.#directoryStart[row];
    this.#directory.fill(0, start, start + newCount);
    this.#directory.copyWithin(start + first - newFirst, oldStart, oldStart + count);
    this.#directoryEnd = start + newCount;
    this.#abandoned += count;
    this.#directoryStart[row] = start;
    this.#firstPage[row] = newFirst;
    this.#pageCount[row] = newCount;
    return page - newFirst;
  }

  #compact(): void {
    const directory = new Int32Array(Math.max(1024, (this.#directoryEnd - this.#abandoned) * 2));
    let end = 0;
    for (let row = 0; row < this.#pageCount.length; row++) {
      const count = this.#pageCount[row];
      const start = this.#directoryStart[row];
      directory.set(this.#directory.subarray(start, start + count), end);
      this.#directoryStart[row] = end;
      end += count;
    }
    this.#directory = directory;
    this.#directoryEnd = end;
    this.#abandoned = 0;
  }

  #takePage(): number {
    const free = this.#freePages.pop();
    if (free !== undefined) return free;
    const page = this.#pageEnd++;
    this.#chunks[page >>> CHUNK_PAGE_BITS] ??= new Uint16Array(PAGES_PER_CHUNK * BINS_PER_PAGE);
    return page;
  }

  #freePage(page: number): void {
    const start = (page & (PAGES_PER_CHUNK - 1)) << PAGE_BITS;
    this.#chunks[page >>> CHUNK_PAGE_BITS]?.fill(0, start, start + BINS_PER_PAGE);
    this.#freePages.push(page);
  }

  #mergePage(row: number, firstBin: number, counts: Float64Array): void {
    if (isEmptyPage(counts, firstBin)) return;
    const entry = this.#createPage(row, firstBin >>> PAGE_BITS);
    const chunk = this.#chunks[(entry - 1) >>> CHUNK_PAGE_BITS] as Uint16Array;
    const start = ((entry - 1) & (PAGES_PER_CHUNK - 1)) << PAGE_BITS;
    let used = 0;
    for (let bin = 0; bin < BINS_PER_PAGE; bin++) {
      const sum = chunk[start + bin] + counts[firstBin + bin];
      const low = sum & (CARRY - 1);
      chunk[start + bin] = low;
      used |= low;
      if (sum !== low) {
        this.#carry(row, firstBin + bin, sum - low);
        used = 1;
      }
    }
    if (used === 0 && !this.#hasCarry(row, firstBin)) this.#dropPage(row, firstBin >>> PAGE_BITS, entry - 1);
  }

  #dropPage(row: number, page: number, id: number): void {
    const first = this.#firstPage[row];
    this.#directory[this.#directoryStart[row] + page - first] = 0;
    this.#freePages.push(id);
  }

  #readPage(page: number, firstBin: number, target: DenseBins, sign: 1 | -1): void {
    const chunk = this.#chunks[page >>> CHUNK_PAGE_BITS] as Uint16Array;
    const start = (page & (PAGES_PER_CHUNK - 1)) << PAGE_BITS;
    const counts = target.counts;
    target.coverPage(firstBin);
    for (let bin = 0; bin < BINS_PER_PAGE; bin++) {
      counts[firstBin + bin] += sign * chunk[start + bin];
    }
  }

  #carry(row: number, bin: number, amount: number): void {
    const key = row * BIN_COUNT + bin;
    const carried = (this.#carries.get(key) ?? 0) + amount;
    if (carried === 0) this.#carries.delete(key);
    else this.#carries.set(key, carried);
  }

  #hasCarry(row: number, firstBin: number): boolean {
    if (this.#carries.size === 0) return false;
    for (let bin = 0; bin < BINS_PER_PAGE; bin++)
      if (this.#carries.has(row * BIN_COUNT + firstBin + bin)) return true;
    return false;
  }

  #readCarries(row: number, target: DenseBins, sign: 1 | -1): void {
    for (let bin = target.first; bin < target.end; bin++) {
      const carried = this.#carries.get(row * BIN_COUNT + bin);
      if (carried !== undefined) target.counts[bin] += sign * carried;
    }
  }

  #growRows(rows: number): void {
    this.#firstPage = grown(this.#firstPage, rows);
    this.#pageCount = grown(this.#pageCount, rows);
    this.#directoryStart = grown(this.#directoryStart, rows);
  }
}

function isEmptyPage(counts: Float64Array, firstBin: number): boolean {
  for (let bin = firstBin; bin < firstBin + BINS_PER_PAGE; bin++) if (counts[bin] !== 0) return false;
  return true;
}

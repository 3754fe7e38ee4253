import { grown } from '../core/growable.ts';
import { addPage, isEmptyPage, subtractPage } from './bin-page.ts';
import { BIN_COUNT, BINS_PER_PAGE } from './duration-bins.ts';
import { PagePool } from './page-pool.ts';
import type { RowSummary } from './row-summary.ts';

const PAGE_BITS = 5;
const CARRY = 65_536;
/** Compact the directory when this many of its entries, and half of all, are abandoned. */
const MIN_ABANDONED = 65_536;

/**
 * Sketches of many rows. A row is a run of directory entries, one for each page of 32 bins between its least and its
 * greatest value. What a count has beyond 65,535 is kept apart: few bins ever get there. Measured by
 * test/bench/sketch.ts: 16-bit pages insert twice as fast as 32-bit ones once there are more series than fit the cache.
 */
export class SketchStore {
  /** By row, two numbers in one cache line: where its run of the directory begins, and first page + 256 · count. */
  #runs = new Int32Array(128);
  /** Page + 1; 0: no page. */
  #directory = new Int32Array(1024);
  #directoryEnd = 0;
  #abandoned = 0;
  readonly #pool = new PagePool();
  /** By row * BIN_COUNT + bin: the multiple of 65,536 that the page could not hold. */
  readonly #carries = new Map<number, number>();
  /** By row: how many bins have a carry. */
  #carriedBins = new Uint16Array(64);
  /** A page with its carries. */
  readonly #widePage = new Float64Array(BINS_PER_PAGE);

  /** Hot. One value more in a bin. */
  increment(row: number, bin: number): void {
    const page = this.#pageOf(row, bin >>> PAGE_BITS);
    const slot = this.#pool.startOf(page) | (bin & (BINS_PER_PAGE - 1));
    const counts = this.#pool.chunkOf(page);
    const count = (counts[slot] + 1) & (CARRY - 1);
    counts[slot] = count;
    if (count === 0) this.#carry(row, bin, CARRY);
  }

  /** Hot. `count` values more in a bin, or less. */
  add(row: number, bin: number, count: number): void {
    const page = this.#pageOf(row, bin >>> PAGE_BITS);
    const start = this.#pool.startOf(page);
    const slot = start | (bin & (BINS_PER_PAGE - 1));
    const counts = this.#pool.chunkOf(page);
    const sum = counts[slot] + count;
    const low = sum & (CARRY - 1);
    counts[slot] = low;
    if (sum !== low) this.#carry(row, bin, sum - low);
    if (low === 0 && count < 0 && isEmptyPage(counts, start)) this.#dropPage(row, bin >>> PAGE_BITS, page);
  }

  /** Hot. Adds a row of another store, or takes it away. */
  addRow(row: number, source: SketchStore, sourceRow: number, sign: 1 | -1): void {
    if (sourceRow >= source.#rowCount) return;
    const start = source.#runs[sourceRow * 2];
    const first = source.#runs[sourceRow * 2 + 1] & 255;
    const count = source.#runs[sourceRow * 2 + 1] >>> 8;
    for (let index = 0; index < count; index++) {
      const theirs = source.#directory[start + index] - 1;
      if (theirs < 0) continue;
      const own = this.#pageOf(row, first + index);
      const pool = source.#pool;
      const at = this.#pool.startOf(own);
      const counts = this.#pool.chunkOf(own);
      const all =
        sign === 1
          ? addPage(counts, at, pool.chunkOf(theirs), pool.startOf(theirs))
          : subtractPage(counts, at, pool.chunkOf(theirs), pool.startOf(theirs));
      if (all >>> 16 !== 0) this.#carryPage(row, first + index, { pool, theirs, sign });
      else if (all === 0) this.#dropPage(row, first + index, own);
    }
    if (source.#carriedBins[sourceRow] > 0) this.#addCarries(row, source, sourceRow, sign);
  }

  /** Hot. Gives the row's pages to a summary that has begun. */
  summarize(row: number, summary: RowSummary): void {
    if (row >= this.#rowCount) return;
    const pool = this.#pool;
    const start = this.#runs[row * 2];
    const first = this.#runs[row * 2 + 1] & 255;
    for (let index = 0; index < this.#runs[row * 2 + 1] >>> 8; index++) {
      const page = this.#directory[start + index] - 1;
      if (page < 0) continue;
      if (this.#carriedBins[row] > 0)
        summary.addPage(first + index, this.#widen(row, first + index, page), 0);
      else summary.addPage(first + index, pool.chunkOf(page), pool.startOf(page));
    }
  }

  /** Calls `visit` for each bin that is not empty, in ascending order. */
  forEach(row: number, visit: (bin: number, count: number) => void): void {
    if (row >= this.#rowCount) return;
    const start = this.#runs[row * 2];
    for (let index = 0; index < this.#runs[row * 2 + 1] >>> 8; index++) {
      const page = this.#directory[start + index] - 1;
      if (page < 0) continue;
      const number = (this.#runs[row * 2 + 1] & 255) + index;
      const carried = this.#carriedBins[row] > 0;
      const counts = carried ? this.#widen(row, number, page) : this.#pool.chunkOf(page);
      const at = carried ? 0 : this.#pool.startOf(page);
      for (let bin = 0; bin < BINS_PER_PAGE; bin++) {
        const count = counts[at + bin];
        if (count !== 0) visit(number * BINS_PER_PAGE + bin, count);
      }
    }
  }

  /** The row keeps its directory entries: it will have values in the same range again. */
  clearRow(row: number): void {
    if (row >= this.#rowCount) return;
    const start = this.#runs[row * 2];
    for (let at = start; at < start + (this.#runs[row * 2 + 1] >>> 8); at++) {
      if (this.#directory[at] !== 0) this.#pool.giveBack(this.#directory[at] - 1);
      this.#directory[at] = 0;
    }
    if (this.#carriedBins[row] === 0) return;
    for (const key of this.#carries.keys())
      if (Math.floor(key / BIN_COUNT) === row) this.#carries.delete(key);
    this.#carriedBins[row] = 0;
  }

  /** Empties all rows and keeps the memory. */
  reset(): void {
    this.#runs.fill(0);
    this.#directory.fill(0, 0, this.#directoryEnd);
    this.#directoryEnd = 0;
    this.#abandoned = 0;
    this.#pool.reset();
    this.#carries.clear();
    this.#carriedBins.fill(0);
  }

  /** Becomes a copy of `source`; this store is empty. Quick: blocks of memory are copied whole. */
  copyFrom(source: SketchStore): void {
    this.#fitRows(source.#rowCount);
    this.#runs.set(source.#runs);
    this.#carriedBins.set(source.#carriedBins);
    if (source.#directoryEnd > this.#directory.length)
      this.#directory = new Int32Array(source.#directory.length);
    this.#directory.set(source.#directory.subarray(0, source.#directoryEnd));
    this.#directoryEnd = source.#directoryEnd;
    this.#abandoned = source.#abandoned;
    this.#pool.copyFrom(source.#pool);
    for (const [key, carry] of source.#carries) this.#carries.set(key, carry);
  }

  /** Hot. The page of a row that holds its bins from `page * 32` on, created if new. */
  #pageOf(row: number, page: number): number {
    const runs = this.#runs;
    const at = row * 2;
    if (at >= runs.length) return this.#createPage(row, page);
    const range = runs[at + 1];
    const index = page - (range & 255);
    if (index >= 0 && index < range >>> 8) {
      const entry = this.#directory[runs[at] + index];
      if (entry !== 0) return entry - 1;
    }
    return this.#createPage(row, page);
  }

  /** Slow path: the first value in this half octave. */
  #createPage(row: number, page: number): number {
    if (row >= this.#rowCount) this.#growRows(row + 1);
    const slot = this.#coverPage(row, page);
    const created = this.#pool.take();
    this.#directory[slot] = created + 1;
    return created;
  }

  /** Makes the row's run of entries include `page`, moving it to the directory's end if it must grow. */
  #coverPage(row: number, page: number): number {
    const count = this.#runs[row * 2 + 1] >>> 8;
    const first = count === 0 ? page : this.#runs[row * 2 + 1] & 255;
    const newFirst = Math.min(first, page);
    const newCount = Math.max(first + count, page + 1) - newFirst;
    if (newCount === count) return this.#runs[row * 2] + page - first;
    if (this.#abandoned > MIN_ABANDONED && this.#abandoned * 2 > this.#directoryEnd) this.#compact();
    const start = this.#directoryEnd;
    if (start + newCount > this.#directory.length) this.#directory = grown(this.#directory, start + newCount);
    const oldStart = this.#runs[row * 2];
    this.#directory.fill(0, start, start + newCount);
    this.#directory.copyWithin(start + first - newFirst, oldStart, oldStart + count);
    this.#directoryEnd = start + newCount;
    this.#abandoned += count;
    this.#runs[row * 2] = start;
    this.#runs[row * 2 + 1] = newFirst | (newCount << 8);
    return start + page - newFirst;
  }

  #compact(): void {
    const directory = new Int32Array(Math.max(1024, (this.#directoryEnd - this.#abandoned) * 2));
    let end = 0;
    for (let row = 0; row < this.#rowCount; row++) {
      const count = this.#runs[row * 2 + 1] >>> 8;
      const start = this.#runs[row * 2];
      directory.set(this.#directory.subarray(start, start + count), end);
      this.#runs[row * 2] = end;
      end += count;
    }
    this.#directory = directory;
    this.#directoryEnd = end;
    this.#abandoned = 0;
  }

  /** After sums of a page lost more than their low 16 bits. */
  #carryPage(row: number, page: number, { pool, theirs, sign }: PageSource): void {
    const own = this.#pageOf(row, page);
    for (let bin = 0; bin < BINS_PER_PAGE; bin++) {
      const low = this.#pool.chunkOf(own)[this.#pool.startOf(own) + bin];
      const change = sign * pool.chunkOf(theirs)[pool.startOf(theirs) + bin];
      const before = (low - change) & (CARRY - 1);
      if (before + change !== low) this.#carry(row, page * BINS_PER_PAGE + bin, before + change - low);
    }
  }

  #addCarries(row: number, source: SketchStore, sourceRow: number, sign: 1 | -1): void {
    for (const [key, carry] of source.#carries) {
      if (Math.floor(key / BIN_COUNT) === sourceRow) this.add(row, key % BIN_COUNT, sign * carry);
    }
  }

  /** Gives an empty page back, unless some of its counts are multiples of 65,536. */
  #dropPage(row: number, page: number, id: number): void {
    if (this.#carriedBins[row] > 0 && this.#widen(row, page, id).some((count) => count !== 0)) return;
    this.#directory[this.#runs[row * 2] + page - (this.#runs[row * 2 + 1] & 255)] = 0;
    this.#pool.giveBack(id);
  }

  #widen(row: number, page: number, id: number): Float64Array {
    const counts = this.#pool.chunkOf(id);
    const start = this.#pool.startOf(id);
    const firstKey = row * BIN_COUNT + page * BINS_PER_PAGE;
    for (let bin = 0; bin < BINS_PER_PAGE; bin++)
      this.#widePage[bin] = counts[start + bin] + (this.#carries.get(firstKey + bin) ?? 0);
    return this.#widePage;
  }

  #carry(row: number, bin: number, amount: number): void {
    const key = row * BIN_COUNT + bin;
    const before = this.#carries.get(key) ?? 0;
    if (before === 0) this.#carriedBins[row]++;
    if (before + amount !== 0) {
      this.#carries.set(key, before + amount);
      return;
    }
    this.#carries.delete(key);
    this.#carriedBins[row]--;
  }

  get #rowCount(): number {
    return this.#runs.length >> 1;
  }

  /**
   * Room for just these rows: stores go from copies to slices and back, and if each copy were twice its source, they
   * would double each other for ever.
   */
  #fitRows(rows: number): void {
    if (rows <= this.#rowCount) return;
    this.#runs = new Int32Array(rows * 2);
    this.#carriedBins = new Uint16Array(rows);
  }

  #growRows(rows: number): void {
    this.#runs = grown(this.#runs, rows * 2);
    this.#carriedBins = grown(this.#carriedBins, this.#rowCount);
  }
}

/** A page of another store. */
interface PageSource {
  readonly pool: PagePool;
  readonly theirs: number;
  readonly sign: 1 | -1;
}

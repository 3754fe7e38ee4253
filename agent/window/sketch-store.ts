import { BINS_PER_PAGE } from '../core/duration-bins.ts';
import { grown } from '../core/growable.ts';
import type { BinList } from './bin-list.ts';
import { addPage, isEmptyPage, PageState, subtractPage } from './bin-page.ts';
import { Carries } from './carries.ts';
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
  readonly #carries = new Carries();
  /** A page with its carries. */
  readonly #widePage = new Float64Array(BINS_PER_PAGE);

  /** Hot. One value more in a bin. */
  increment(row: number, bin: number): void {
    const page = this.#pageOf(row, bin >>> PAGE_BITS);
    const slot = this.#pool.startOf(page) | (bin & (BINS_PER_PAGE - 1));
    const counts = this.#pool.chunkOf(page);
    const count = (counts[slot] + 1) & (CARRY - 1);
    counts[slot] = count;
    if (count === 0) this.#carries.add(row, bin, CARRY);
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
    if (sum !== low) this.#carries.add(row, bin, sum - low);
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
      const at = this.#pool.startOf(own) >>> 1;
      const words = this.#pool.wordsOf(own);
      const state =
        sign === 1
          ? addPage(words, at, pool.wordsOf(theirs), pool.startOf(theirs) >>> 1)
          : subtractPage(words, at, pool.wordsOf(theirs), pool.startOf(theirs) >>> 1);
      if (state === PageState.refused) this.#addWide(row, first + index, { pool, theirs, sign });
      else if (state === PageState.empty) this.#dropPage(row, first + index, own);
    }
    if (!source.#carries.has(sourceRow)) return;
    for (const [bin, carry] of source.#carries.inRow(sourceRow)) this.add(row, bin, sign * carry);
  }

  /** Hot. As `add` for each bin of a list; a page is looked up once. */
  addList(row: number, list: BinList, sign: 1 | -1): void {
    const { bins, counts, length } = list;
    if (list.isWide) {
      for (let i = 0; i < length; i++) this.add(row, bins[i], sign * list.countAt(i));
      return;
    }
    const flip = sign >> 1;
    for (let i = 0; i < length; ) {
      const page = bins[i] >>> PAGE_BITS;
      const own = this.#pageOf(row, page);
      const start = this.#pool.startOf(own);
      const slots = this.#pool.chunkOf(own);
      let mayBeEmpty = false;
      for (; i < length && bins[i] >>> PAGE_BITS === page; i++) {
        const slot = start | (bins[i] & (BINS_PER_PAGE - 1));
        const sum = (slots[slot] + (counts[i] ^ flip) - flip) | 0;
        if (sum >>> 16 !== 0) this.add(row, bins[i], sign * counts[i]);
        else slots[slot] = sum;
        if (sum === 0) mayBeEmpty = true;
      }
      if (mayBeEmpty && isEmptyPage(slots, start)) this.#dropPage(row, page, own);
    }
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
      if (this.#carries.has(row)) summary.addWidePage(first + index, this.#widen(row, first + index, page));
      else summary.addPage(first + index, pool.chunkOf(page), pool.wordsOf(page), pool.startOf(page));
    }
  }

  /** Hot. Puts the row's bins into a list. */
  list(row: number, into: BinList): void {
    into.clear();
    if (row >= this.#rowCount) return;
    const start = this.#runs[row * 2];
    const first = this.#runs[row * 2 + 1] & 255;
    for (let index = 0; index < this.#runs[row * 2 + 1] >>> 8; index++) {
      const page = this.#directory[start + index] - 1;
      if (page < 0) continue;
      const firstBin = (first + index) * BINS_PER_PAGE;
      if (this.#carries.has(row)) into.pushWidePage(firstBin, this.#widen(row, first + index, page));
      else into.pushPage(firstBin, this.#pool.wordsOf(page), this.#pool.startOf(page) >>> 1);
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
    if (this.#carries.has(row)) this.#carries.clearRow(row);
  }

  /** Empties all rows and keeps the memory. */
  reset(): void {
    this.#runs.fill(0);
    this.#directory.fill(0, 0, this.#directoryEnd);
    this.#directoryEnd = 0;
    this.#abandoned = 0;
    this.#pool.reset();
    this.#carries.clear();
  }

  /** Becomes a copy of `source`; this store is empty. Quick: blocks of memory are copied whole. */
  copyFrom(source: SketchStore): void {
    this.#fitRows(source.#rowCount);
    this.#runs.set(source.#runs);
    this.#carries.copyFrom(source.#carries);
    if (source.#directoryEnd > this.#directory.length)
      this.#directory = new Int32Array(source.#directory.length);
    this.#directory.set(source.#directory.subarray(0, source.#directoryEnd));
    this.#directoryEnd = source.#directoryEnd;
    this.#abandoned = source.#abandoned;
    this.#pool.copyFrom(source.#pool);
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

  /** Slow path of `addRow`: counts near what 16 bits hold, one by one. */
  #addWide(row: number, page: number, { pool, theirs, sign }: PageSource): void {
    for (let bin = 0; bin < BINS_PER_PAGE; bin++) {
      const count = pool.chunkOf(theirs)[pool.startOf(theirs) + bin];
      if (count !== 0) this.add(row, page * BINS_PER_PAGE + bin, sign * count);
    }
  }

  /** Gives an empty page back, unless some of its counts are multiples of 65,536. */
  #dropPage(row: number, page: number, id: number): void {
    if (this.#carries.has(row) && this.#widen(row, page, id).some((count) => count !== 0)) return;
    this.#directory[this.#runs[row * 2] + page - (this.#runs[row * 2 + 1] & 255)] = 0;
    this.#pool.giveBack(id);
  }

  #widen(row: number, page: number, id: number): Float64Array {
    const counts = this.#pool.chunkOf(id);
    const start = this.#pool.startOf(id);
    for (let bin = 0; bin < BINS_PER_PAGE; bin++)
      this.#widePage[bin] = counts[start + bin] + this.#carries.of(row, page * BINS_PER_PAGE + bin);
    return this.#widePage;
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
  }

  #growRows(rows: number): void {
    this.#runs = grown(this.#runs, rows * 2);
  }
}

/** A page of another store. */
interface PageSource {
  readonly pool: PagePool;
  readonly theirs: number;
  readonly sign: 1 | -1;
}

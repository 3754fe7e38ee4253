import { readSync } from 'node:fs';

/** An operator that ran on a thread. Times in whole ns. */
export interface Interval {
  readonly thread: number;
  readonly operator: number;
  readonly startNs: number;
  readonly durationNs: number;
}

/** Of a record on disk: start, duration, and thread and operator in one. */
export const NUMBERS = 3;
export const THREAD_UNIT = 2 ** 32;
export const BLOCK_RECORDS = 4096;

/** A sorted run on disk. */
export interface SortedRun {
  readonly startByte: number;
  readonly records: number;
}

/** Reads one run, block by block; `head` is the next interval. */
export class RunReader {
  readonly #file: number;
  readonly #block = new Float64Array(BLOCK_RECORDS * NUMBERS);
  #nextByte: number;
  #left: number;
  #at = 0;
  #inBlock = 0;
  head: Interval | undefined;

  constructor(file: number, { startByte, records }: SortedRun) {
    this.#file = file;
    this.#nextByte = startByte;
    this.#left = records;
    this.advance();
  }

  advance(): void {
    if (this.#at === this.#inBlock) this.#readBlock();
    if (this.#inBlock === 0) {
      this.head = undefined;
      return;
    }
    const at = this.#at++ * NUMBERS;
    const packed = this.#block[at + 2];
    const thread = Math.floor(packed / THREAD_UNIT);
    this.head = {
      thread,
      operator: packed - thread * THREAD_UNIT,
      startNs: this.#block[at],
      durationNs: this.#block[at + 1],
    };
  }

  #readBlock(): void {
    this.#at = 0;
    this.#inBlock = Math.min(this.#left, BLOCK_RECORDS);
    this.#left -= this.#inBlock;
    const bytes = new Uint8Array(this.#block.buffer, 0, this.#inBlock * NUMBERS * 8);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, this.#nextByte);
      if (read === 0) throw new Error('bug: a run ends before its last interval');
      at += read;
      this.#nextByte += read;
    }
  }
}

/** A binary heap of readers, the one with the least head on top. An earlier run goes first where heads are alike. */
export function* mergeRuns(readers: readonly RunReader[]): Generator<Interval> {
  const heap = readers.map((reader, run) => ({ reader, run }));
  const isLess = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]];
    const [x, y] = [one.reader.head, other.reader.head];
    if (x === undefined || y === undefined) return x !== undefined;
    const difference = x.thread - y.thread || x.startNs - y.startNs || y.durationNs - x.durationNs;
    return difference === 0 ? one.run < other.run : difference < 0;
  };
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isLess(child, least)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least], heap[at]];
      at = least;
    }
  };
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  for (let head = heap[0]?.reader.head; head !== undefined; head = heap[0].reader.head) {
    yield head;
    heap[0].reader.advance();
    sink(0);
  }
}

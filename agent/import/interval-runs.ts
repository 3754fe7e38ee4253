import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** An operator that ran on a thread. Times in whole ns. */
export interface Interval {
  readonly thread: number;
  readonly operator: number;
  readonly startNs: number;
  readonly durationNs: number;
}

/** start, duration, thread and operator in one number. */
const NUMBERS = 3;
const THREAD_UNIT = 2 ** 32;
const BLOCK_RECORDS = 4096;

/** A sorted run on disk. */
interface Run {
  readonly startByte: number;
  readonly records: number;
}

/**
 * Sorts any number of intervals by thread and start, the longer first where two start together, in bounded memory: 22
 * bytes an interval up to `capacity`, beyond which sorted runs of 24 bytes an interval go to a temporary file, to be
 * merged. The file has no name once it is open, so that it goes with the process, however that ends.
 */
export class IntervalRuns {
  readonly #capacity: number;
  readonly #folder: string;
  readonly #threads: Uint16Array;
  readonly #operators: Uint32Array;
  readonly #startsNs: Float64Array;
  readonly #durationsNs: Float64Array;
  readonly #runs: Run[] = [];
  #count = 0;
  #file: number | undefined;
  #fileBytes = 0;

  /** `folder`: where the temporary file goes. */
  constructor(capacity: number, folder: string) {
    this.#capacity = capacity;
    this.#folder = folder;
    this.#threads = new Uint16Array(capacity);
    this.#operators = new Uint32Array(capacity);
    this.#startsNs = new Float64Array(capacity);
    this.#durationsNs = new Float64Array(capacity);
  }

  add({ thread, operator, startNs, durationNs }: Interval): void {
    if (this.#count === this.#capacity) this.#spill();
    const at = this.#count++;
    this.#threads[at] = thread;
    this.#operators[at] = operator;
    this.#startsNs[at] = startNs;
    this.#durationsNs[at] = durationNs;
  }

  /** All that was added, in order. */
  *sorted(): Generator<Interval> {
    if (this.#runs.length === 0) {
      for (const at of this.#order()) yield this.#interval(at);
      return;
    }
    this.#spill();
    yield* mergeRuns(this.#runs.map((run) => new RunReader(this.#file ?? -1, run)));
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #interval(at: number): Interval {
    return {
      thread: this.#threads[at],
      operator: this.#operators[at],
      startNs: this.#startsNs[at],
      durationNs: this.#durationsNs[at],
    };
  }

  /** Most traces are nearly in order already. */
  #order(): Uint32Array {
    const order = new Uint32Array(this.#count).map((_, index) => index);
    const [threads, startsNs, durationsNs] = [this.#threads, this.#startsNs, this.#durationsNs];
    const compare = (a: number, b: number): number =>
      threads[a] - threads[b] || startsNs[a] - startsNs[b] || durationsNs[b] - durationsNs[a] || a - b;
    for (let at = 1; at < order.length; at++) if (compare(at - 1, at) > 0) return order.sort(compare);
    return order;
  }

  #spill(): void {
    this.#file ??= openNameless(this.#folder);
    const order = this.#order();
    const block = new Float64Array(BLOCK_RECORDS * NUMBERS);
    const startByte = this.#fileBytes;
    for (let from = 0; from < order.length; from += BLOCK_RECORDS) {
      const part = order.subarray(from, from + BLOCK_RECORDS);
      part.forEach((at, index) => {
        block[index * NUMBERS] = this.#startsNs[at];
        block[index * NUMBERS + 1] = this.#durationsNs[at];
        block[index * NUMBERS + 2] = this.#threads[at] * THREAD_UNIT + this.#operators[at];
      });
      this.#write(new Uint8Array(block.buffer, 0, part.length * NUMBERS * 8));
    }
    this.#runs.push({ startByte, records: order.length });
    this.#count = 0;
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const written = writeSync(this.#file ?? -1, bytes, at, bytes.length - at, this.#fileBytes);
      at += written;
      this.#fileBytes += written;
    }
  }
}

/** Reads one run, block by block; `head` is the next interval. */
class RunReader {
  readonly #file: number;
  readonly #block = new Float64Array(BLOCK_RECORDS * NUMBERS);
  #nextByte: number;
  #left: number;
  #at = 0;
  #inBlock = 0;
  head: Interval | undefined;

  constructor(file: number, { startByte, records }: Run) {
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
function* mergeRuns(readers: readonly RunReader[]): Generator<Interval> {
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

function openNameless(folder: string): number {
  const own = mkdtempSync(join(folder, 'infermeter-import-'));
  try {
    return openSync(join(own, 'runs'), 'wx+', 0o600);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  BLOCK_RECORDS,
  type Interval,
  mergeRuns,
  NUMBERS,
  RunReader,
  type SortedRun,
  THREAD_UNIT,
} from './sorted-runs.ts';

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
  readonly #runs: SortedRun[] = [];
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

function openNameless(folder: string): number {
  const own = mkdtempSync(join(folder, 'infermeter-import-'));
  try {
    return openSync(join(own, 'runs'), 'wx+', 0o600);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

import { binOf } from '../../agent/core/duration-bins.ts';
import { describeDistribution } from '../../agent/window/distribution.ts';
import { SketchStore } from '../../agent/window/sketch-store.ts';
import { SparseReader, SparseWriter } from '../../agent/window/sparse-bins.ts';
import { durations } from '../window/sample-durations.ts';

const SLICES = 30;
const SHORT_SLICES = 6;
const LATE_SLICES = 3;

/**
 * What a flush does with bins, and nothing else: two windows gain a slice and lose one, the slice and both windows are
 * described, and the slice is packed.
 */
export class SketchWork {
  readonly #rows: number;
  readonly #slice = new SketchStore();
  readonly #windows = [new SketchStore(), new SketchStore()];
  readonly #scratch = new SketchStore();
  readonly #packed: Uint8Array;
  readonly #offsets: number[] = [];
  readonly #count: number;

  /** `count` values a row and slice. */
  constructor(rows: number, count: number) {
    this.#rows = rows;
    this.#count = count;
    const writer = new SparseWriter();
    const values = durations('lognormal', 1 << 16);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < count; i++)
        this.#slice.increment(row, binOf(values[(row * 31 + i) & 65_535] as number));
      for (let i = 0; i < SHORT_SLICES; i++) this.#windows[0]?.addRow(row, this.#slice, row, 1);
      for (let i = 0; i < SLICES; i++) this.#windows[1]?.addRow(row, this.#slice, row, 1);
      this.#offsets.push(writer.length);
      writer.bins(this.#slice, row);
    }
    this.#packed = writer.take();
  }

  /** `late`: all windows are written once more as they were three slices ago. */
  run(late: boolean): void {
    const writer = new SparseWriter(this.#packed.length + 16);
    for (let row = 0; row < this.#rows; row++) {
      this.#describe(this.#slice, row, 1);
      for (const [position, window] of this.#windows.entries()) {
        window.addRow(row, this.#slice, row, 1);
        new SparseReader(this.#packed, this.#offsets[row]).bins(window, row, -1);
        this.#describe(window, row, position === 0 ? SHORT_SLICES : SLICES);
      }
      if (late) this.#describeLate(row);
      writer.bins(this.#slice, row);
    }
  }

  #describeLate(row: number): void {
    this.#describe(this.#slice, row, 1);
    for (const [position, window] of this.#windows.entries()) {
      this.#scratch.clearRow(0);
      this.#scratch.addRow(0, window, row, 1);
      for (let slice = 0; slice < LATE_SLICES; slice++) {
        new SparseReader(this.#packed, this.#offsets[row]).bins(this.#scratch, 0, 1);
        this.#scratch.addRow(0, this.#slice, row, -1);
      }
      this.#describe(this.#scratch, 0, position === 0 ? SHORT_SLICES : SLICES);
    }
  }

  #describe(store: SketchStore, row: number, slices: number): void {
    const count = this.#count * slices;
    describeDistribution({ count, sumNs: count * 22e6, minNs: 1e6, maxNs: 100e6 }, store, row);
  }
}

import { BIN_COUNT } from '../core/duration-bins.ts';
import { grown } from '../core/growable.ts';

/** The multiples of 65,536 that 16-bit counts could not hold: few bins ever get there. */
export class Carries {
  /** By row * BIN_COUNT + bin. */
  #amounts = new Map<number, number>();
  /** By row: how many of its bins have a carry. */
  #bins = new Uint16Array(0);

  /** Hot. Whether any bin of the row has one. */
  has(row: number): boolean {
    return row < this.#bins.length && this.#bins[row] > 0;
  }

  of(row: number, bin: number): number {
    return this.#amounts.get(row * BIN_COUNT + bin) ?? 0;
  }

  add(row: number, bin: number, amount: number): void {
    if (row >= this.#bins.length) this.#bins = grown(this.#bins, row + 1);
    const key = row * BIN_COUNT + bin;
    const before = this.#amounts.get(key) ?? 0;
    if (before === 0) this.#bins[row]++;
    if (before + amount !== 0) {
      this.#amounts.set(key, before + amount);
      return;
    }
    this.#amounts.delete(key);
    this.#bins[row]--;
  }

  /** Pairs of bin and carry, in no order. */
  inRow(row: number): [number, number][] {
    const all = [...this.#amounts].filter(([key]) => Math.floor(key / BIN_COUNT) === row);
    return all.map(([key, amount]) => [key % BIN_COUNT, amount]);
  }

  clearRow(row: number): void {
    for (const [bin, amount] of this.inRow(row)) this.add(row, bin, -amount);
  }

  clear(): void {
    this.#amounts.clear();
    this.#bins.fill(0);
  }

  copyFrom(source: Carries): void {
    this.#amounts = new Map(source.#amounts);
    this.#bins = source.#bins.slice();
  }
}

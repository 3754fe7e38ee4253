import type { BinnedValues } from '../baseline/recording.ts';
import { binOf } from '../core/duration-bins.ts';

/** Durations in ns, counted in the bins of core/duration-bins. */
export class ValueBins {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Bins with a value. */
  get size(): number {
    return this.#counts.size;
  }

  /** Says whether the value is the first of its bin. */
  add(valueNs: number): boolean {
    const bin = binOf(valueNs);
    const known = this.#counts.get(bin);
    this.#counts.set(bin, (known ?? 0) + 1);
    this.#count++;
    this.#sum += valueNs;
    this.#min = Math.min(this.#min, valueNs);
    this.#max = Math.max(this.#max, valueNs);
    return known === undefined;
  }

  merge(values: BinnedValues): void {
    for (let i = 0; i < values.bins.length; i++)
      this.#counts.set(values.bins[i], (this.#counts.get(values.bins[i]) ?? 0) + values.counts[i]);
    this.#count += values.count;
    this.#sum += values.sum;
    this.#min = Math.min(this.#min, values.min);
    this.#max = Math.max(this.#max, values.max);
  }

  /** To be asked only where there are values. */
  toBinned(): BinnedValues {
    const bins = [...this.#counts.keys()].sort((a, b) => a - b);
    return {
      bins,
      counts: bins.map((bin) => this.#counts.get(bin) ?? 0),
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
    };
  }
}

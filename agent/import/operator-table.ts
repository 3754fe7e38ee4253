import { OTHER_OPERATORS, operatorName } from '../core/operator-name.ts';
import type { OperatorTotals } from '../core/operator-totals.ts';

/** No model has as many; a trace whose names hold an address might. */
const MAX_OPERATORS = 20_000;
/** Longer than of points: names of fused layers list their parts, which comparisons look at. */
const MAX_NAME_LENGTH = 1000;

/** Sums up operators by name and device, each with a small id. Those beyond the bound count as `__other__`. */
export class OperatorTable {
  /** By device, then by the name as it came. */
  readonly #ids = new Map<string, Map<string, number>>();
  /** By device and cleaned name. */
  readonly #cleanIds = new Map<string, number>();
  readonly #names: { readonly name: string; readonly device: string }[] = [];
  readonly #calls: number[] = [];
  readonly #totalNs: number[] = [];
  readonly #selfNs: number[] = [];
  #cached = 0;

  get size(): number {
    return this.#names.length;
  }

  id(name: string, device: string): number {
    const known = this.#ids.get(device)?.get(name);
    return known ?? this.#open(name, device);
  }

  /** One call. */
  add(id: number, totalNs: number, selfNs: number, calls = 1): void {
    this.#calls[id] += calls;
    this.#totalNs[id] += totalNs;
    this.#selfNs[id] += selfNs;
  }

  totals(): OperatorTotals[] {
    return this.#names
      .map(({ name, device }, id) => ({
        name,
        device,
        calls: this.#calls[id],
        totalNs: this.#totalNs[id],
        selfNs: this.#selfNs[id],
      }))
      .filter(({ calls }) => calls > 0);
  }

  #open(raw: string, device: string): number {
    const name = operatorName(raw, MAX_NAME_LENGTH);
    const isFull = this.#names.length >= MAX_OPERATORS && !this.#cleanIds.has(`${device}\n${name}`);
    const id = this.#cleanId(isFull ? OTHER_OPERATORS : name, device);
    if (this.#cached < MAX_OPERATORS) this.#remember(raw, device, id);
    return id;
  }

  #cleanId(name: string, device: string): number {
    const key = `${device}\n${name}`;
    const known = this.#cleanIds.get(key);
    if (known !== undefined) return known;
    const id = this.#names.push({ name, device }) - 1;
    this.#calls.push(0);
    this.#totalNs.push(0);
    this.#selfNs.push(0);
    this.#cleanIds.set(key, id);
    return id;
  }

  #remember(raw: string, device: string, id: number): void {
    const ids = this.#ids.get(device) ?? new Map<string, number>();
    this.#ids.set(device, ids);
    ids.set(raw, id);
    this.#cached++;
  }
}

import { SketchStore } from './sketch-store.ts';
import { Slice } from './slice.ts';

/** Stores kept for slices to come; more would hold the memory of a peak for good. */
const MAX_SPARE_STORES = 3;

/** The last slices, by their number since the epoch. A slice that falls out of the ring gives its place to a new one. */
export class SliceRing {
  readonly size: number;
  readonly #slices: Slice[];
  readonly #spareStores: SketchStore[] = [];
  /** Changes whenever a slice comes or goes: slices that someone remembers are then to be looked up again. */
  version = 0;

  constructor(size: number) {
    this.size = size;
    this.#slices = Array.from({ length: size }, () => new Slice());
  }

  /** The slice, if anything was recorded in it and it is still kept. */
  find(index: number): Slice | undefined {
    const slice = this.#slices[index % this.size];
    return slice?.index === index ? slice : undefined;
  }

  /** The slice, if any, whose place the slice `index` would take. */
  occupant(index: number): Slice | undefined {
    const slice = this.#slices[index % this.size];
    return slice === undefined || slice.index < 0 || slice.index === index ? undefined : slice;
  }

  /** The slice, opened if it is new; the one in its place is gone then. */
  ensure(index: number): Slice {
    const slice = this.#slices[index % this.size] as Slice;
    if (slice.index === index) return slice;
    this.release(slice);
    slice.open(index, this.takeStore());
    this.version++;
    return slice;
  }

  release(slice: Slice): void {
    this.giveBack(slice.release());
    this.version++;
  }

  takeStore(): SketchStore {
    return this.#spareStores.pop() ?? new SketchStore();
  }

  /** Takes a store for the slices to come. */
  giveBack(store: SketchStore | undefined): void {
    if (store === undefined || this.#spareStores.length >= MAX_SPARE_STORES) return;
    store.reset();
    this.#spareStores.push(store);
  }

  /** Slices in use, oldest first. */
  inUse(): Slice[] {
    return this.#slices.filter((slice) => slice.index >= 0).sort((a, b) => a.index - b.index);
  }
}

import { SketchStore } from './sketch-store.ts';
import { Slice } from './slice.ts';

/** The last slices, by their number since the epoch. A slice that falls out of the ring gives its place to a new one. */
export class SliceRing {
  readonly size: number;
  readonly #slices: Slice[];
  #freeStores: SketchStore[] = [];

  constructor(size: number) {
    this.size = size;
    this.#slices = Array.from({ length: size }, () => new Slice());
  }

  /** The slice, if anything was recorded in it and it is still kept. */
  find(index: number): Slice | undefined {
    const slice = this.#slices[index % this.size];
    return slice?.index === index ? slice : undefined;
  }

  /** The slice, opened if it is new. The caller only asks for slices newer than all that are closed. */
  ensure(index: number): Slice {
    const slice = this.#slices[index % this.size] as Slice;
    if (slice.index === index) return slice;
    this.giveBack(slice.release());
    slice.open(index, this.#freeStores.pop() ?? new SketchStore());
    return slice;
  }

  /** Takes a store for the slices to come. */
  giveBack(store: SketchStore | undefined): void {
    if (store === undefined) return;
    store.reset();
    this.#freeStores.push(store);
  }

  /** Slices in use, oldest first. */
  inUse(): Slice[] {
    return this.#slices.filter((slice) => slice.index >= 0).sort((a, b) => a.index - b.index);
  }
}

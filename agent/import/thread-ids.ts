import { TraceFault } from './import-error.ts';

const MAX_THREADS = 65_535;

/** Small ids for the threads of a file. */
export class ThreadIds {
  readonly #ids = new Map<string, number>();

  /** Process and thread are numbers or names. */
  of(process: unknown, thread: unknown): number {
    const key = `${process}/${thread}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#ids.size === MAX_THREADS)
      throw new TraceFault(undefined, `expected at most ${MAX_THREADS} threads`);
    this.#ids.set(key, this.#ids.size);
    return this.#ids.size - 1;
  }
}

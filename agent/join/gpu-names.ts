import { NO_GPU } from '../core/span-sink.ts';

/** Places beyond this bound are unknown: no server runs on more, a wrong label might. */
const MAX_NAMES = 64;
/** GPUs of one request. */
const MAX_GPUS = 16;

/** What spans say of where they ran, each with a small id for good. */
export class GpuNames {
  readonly #uuids: (readonly string[])[] = [];
  readonly #ids = new Map<string, number>();

  /** The id of a GPU, or of several joined by commas in any order; `NO_GPU` when there is none or no room. */
  open(names: string): number {
    const uuids = [...new Set(names.split(',').map((name) => name.trim()))]
      .filter((name) => name !== '')
      .sort();
    const key = uuids.join(',');
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (uuids.length === 0 || uuids.length > MAX_GPUS || this.#uuids.length >= MAX_NAMES) return NO_GPU;
    const id = this.#uuids.push(uuids) - 1;
    this.#ids.set(key, id);
    return id;
  }

  /** Empty for `NO_GPU`. */
  uuidsOf(id: number): readonly string[] {
    return this.#uuids[id] ?? [];
  }
}

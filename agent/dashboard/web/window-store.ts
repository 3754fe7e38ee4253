import type { PointRow } from './api-answers.ts';
import { nameVariants, type Variant, variantKey } from './variant-identity.ts';

type Tags = Readonly<Record<string, string>>;

/** The rows of one series, ascending in time, one a time. */
class TimeRows {
  readonly rows: PointRow[] = [];

  put(row: PointRow, overwrite: boolean): void {
    let index = this.rows.length;
    while (index > 0 && this.rows[index - 1].time > row.time) index--;
    const isKnown = index > 0 && this.rows[index - 1].time === row.time;
    if (!isKnown) this.rows.splice(index, 0, row);
    else if (overwrite) this.rows[index - 1] = row;
  }

  dropBefore(timeMs: number): void {
    const kept = this.rows.findIndex((row) => row.time >= timeMs);
    this.rows.splice(0, kept < 0 ? this.rows.length : kept);
  }
}

/** The windows of one model that the page shows: those of its variants, and of their phases. */
export class WindowStore {
  readonly #requests = new Map<string, TimeRows>();
  readonly #phases = new Map<string, Map<string, TimeRows>>();
  readonly #tags = new Map<string, Tags>();

  /** A row that just came is newer than one of the same time that is here; one of the past is not. */
  put(row: PointRow, origin: 'live' | 'past'): void {
    const key = variantKey(row.tags);
    const phase = row.tags['phase'];
    const phases = obtain(this.#phases, key, () => new Map<string, TimeRows>());
    const rows =
      phase === undefined
        ? obtain(this.#requests, key, () => new TimeRows())
        : obtain(phases, phase, () => new TimeRows());
    rows.put(row, origin === 'live');
    if (!this.#tags.has(key)) this.#tags.set(key, row.tags);
  }

  variants(): readonly Variant[] {
    return nameVariants(this.#tags);
  }

  /** The windows of a variant, ascending in time. */
  requests(key: string): readonly PointRow[] {
    return this.#requests.get(key)?.rows ?? [];
  }

  phaseNames(key: string): readonly string[] {
    return [...(this.#phases.get(key)?.keys() ?? [])];
  }

  phase(key: string, name: string): readonly PointRow[] {
    return this.#phases.get(key)?.get(name)?.rows ?? [];
  }

  dropBefore(timeMs: number): void {
    for (const rows of this.#requests.values()) rows.dropBefore(timeMs);
    for (const phases of this.#phases.values()) for (const rows of phases.values()) rows.dropBefore(timeMs);
  }

  clear(): void {
    this.#requests.clear();
    this.#phases.clear();
    this.#tags.clear();
  }
}

function obtain<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

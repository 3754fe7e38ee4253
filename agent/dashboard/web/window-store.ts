import type { PointRow } from './api-answers.ts';
import { TimeRows } from './time-rows.ts';
import { nameVariants, type Variant, variantKey } from './variant-identity.ts';

type Tags = Readonly<Record<string, string>>;

/** The windows of one model that the page shows: those of its variants, of their phases, and what they took of GPUs. */
export class WindowStore {
  readonly #requests = new Map<string, TimeRows>();
  readonly #phases = new Map<string, Map<string, TimeRows>>();
  /** By variant and GPU, `all` among them. */
  readonly #gpuUse = new Map<string, Map<string, TimeRows>>();
  readonly #tags = new Map<string, Tags>();

  /** A row that just came is newer than one of the same time that is here; one of the past is not. */
  put(row: PointRow, origin: 'live' | 'past'): void {
    const key = variantKey(row.tags);
    const rows = this.#rowsOf(row, key);
    rows.put(row, origin === 'live');
    if (row.measurement !== 'inference_gpu' && !this.#tags.has(key)) this.#tags.set(key, row.tags);
  }

  variants(): readonly Variant[] {
    return nameVariants(this.#tags);
  }

  /** The windows of a variant, ascending in time. */
  requests(key: string): readonly PointRow[] {
    return this.#requests.get(key)?.rows ?? [];
  }

  /** Time of the earliest window there is; infinite without any. */
  get firstRowMs(): number {
    return Math.min(...[...this.#requests.values()].map(({ rows }) => rows[0]?.time ?? Infinity));
  }

  phaseNames(key: string): readonly string[] {
    return [...(this.#phases.get(key)?.keys() ?? [])];
  }

  phase(key: string, name: string): readonly PointRow[] {
    return this.#phases.get(key)?.get(name)?.rows ?? [];
  }

  /** What a variant took last of its GPU, or of all its GPUs together. */
  gpuUse(key: string): PointRow | undefined {
    const use = [...(this.#gpuUse.get(key) ?? [])].flatMap(([gpu, { rows }]) => {
      const row = rows.at(-1);
      return row === undefined ? [] : [{ gpu, row }];
    });
    const newestMs = Math.max(...use.map(({ row }) => row.time));
    const newest = use.filter(({ row }) => row.time === newestMs);
    return (newest.find(({ gpu }) => gpu === 'all') ?? newest[0])?.row;
  }

  dropBefore(timeMs: number): void {
    for (const rows of this.#requests.values()) rows.dropBefore(timeMs);
    for (const part of [this.#phases, this.#gpuUse]) {
      for (const named of part.values()) for (const rows of named.values()) rows.dropBefore(timeMs);
    }
  }

  clear(): void {
    this.#requests.clear();
    this.#phases.clear();
    this.#gpuUse.clear();
    this.#tags.clear();
  }

  #rowsOf({ measurement, tags }: PointRow, key: string): TimeRows {
    const named = (part: Map<string, Map<string, TimeRows>>, name: string): TimeRows =>
      obtain(
        obtain(part, key, () => new Map<string, TimeRows>()),
        name,
        () => new TimeRows(),
      );
    if (measurement === 'inference_gpu') return named(this.#gpuUse, tags['gpu'] ?? '');
    const phase = tags['phase'];
    if (phase !== undefined) return named(this.#phases, phase);
    return obtain(this.#requests, key, () => new TimeRows());
  }
}

function obtain<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

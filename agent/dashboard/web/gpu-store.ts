import type { PointRow } from './api-answers.ts';
import { TimeRows } from './time-rows.ts';

/** One GPU of the machine. */
export interface Gpu {
  readonly uuid: string;
  /** `GPU 0`. */
  readonly label: string;
  readonly name: string;
  readonly simulated: boolean;
}

/** What the GPUs said over the range that is shown, one row a step and measurement. */
export class GpuStore {
  readonly #rows = new Map<string, Map<string, TimeRows>>();
  readonly #tags = new Map<string, PointRow['tags']>();
  #stepMs = 1000;

  /** Rows closer together than this are thinned out. */
  clear(stepMs: number): void {
    this.#stepMs = stepMs;
    this.#rows.clear();
    this.#tags.clear();
  }

  put(row: PointRow, origin: 'live' | 'past'): void {
    const uuid = row.tags['uuid'] ?? '';
    const measurements = this.#rows.get(uuid) ?? new Map<string, TimeRows>();
    const rows = measurements.get(row.measurement) ?? new TimeRows();
    rows.put(row, origin === 'live', this.#stepMs);
    this.#rows.set(uuid, measurements.set(row.measurement, rows));
    this.#tags.set(uuid, row.tags);
  }

  /** In the driver's order. */
  gpus(): readonly Gpu[] {
    const gpus = [...this.#tags].map(([uuid, tags]) => ({ uuid, tags, index: Number(tags['index'] ?? 0) }));
    return gpus
      .sort((a, b) => a.index - b.index)
      .map(({ uuid, tags, index }) => ({
        uuid,
        label: `GPU ${index}`,
        name: tags['name'] ?? '',
        simulated: tags['simulated'] === 'true',
      }));
  }

  /** Ascending in time. */
  rows(uuid: string, measurement: string): readonly PointRow[] {
    return this.#rows.get(uuid)?.get(measurement)?.rows ?? [];
  }

  dropBefore(timeMs: number): void {
    for (const [uuid, measurements] of this.#rows) {
      for (const rows of measurements.values()) rows.dropBefore(timeMs);
      if ([...measurements.values()].some(({ rows }) => rows.length > 0)) continue;
      this.#rows.delete(uuid);
      this.#tags.delete(uuid);
    }
  }
}

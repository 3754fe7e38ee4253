import type { Point } from '../core/point.ts';
import type { PointQuery, PointQueryResult } from './point-history.ts';
import { encodePointRow } from './point-row.ts';

export interface PointTailBounds {
  /** Points older than the newest one by more than this are let go. */
  readonly keepMs: number;
  readonly keepPoints: number;
}

/**
 * The newest points in memory, oldest out first: what the page draws where there is no local store.
 * It keeps the points as they come, without a copy.
 */
export class PointTail {
  readonly #bounds: PointTailBounds;
  #points: Point[] = [];
  /** The points before this index are gone; the array is cut when they are half of it. */
  #first = 0;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(bounds: PointTailBounds) {
    this.#bounds = bounds;
  }

  push(point: Point): void {
    this.#points.push(point);
    this.#newestMs = Math.max(this.#newestMs, point.timestampMs);
    this.#evict();
  }

  /** What was emitted twice, provisional and final, appears once, as it was emitted last. */
  query({ measurement, fromMs, toMs, tags, limit }: PointQuery): PointQueryResult {
    const wanted = Object.entries(tags);
    const byIdentity = new Map<string, Point>();
    for (let index = this.#first; index < this.#points.length; index++) {
      const point = this.#points[index];
      if (point.series.measurement !== measurement) continue;
      if (point.timestampMs < fromMs || point.timestampMs >= toMs) continue;
      if (!wanted.every(([name, value]) => (point.series.tags[name] ?? '') === value)) continue;
      byIdentity.set(`${point.timestampMs} ${JSON.stringify(point.series.tags)}`, point);
    }
    const found = [...byIdentity.values()].sort((a, b) => a.timestampMs - b.timestampMs);
    return { rows: found.slice(-limit).map(encodePointRow), truncated: found.length > limit };
  }

  get length(): number {
    return this.#points.length - this.#first;
  }

  #evict(): void {
    const oldestMs = this.#newestMs - this.#bounds.keepMs;
    while (this.length > this.#bounds.keepPoints || this.#points[this.#first].timestampMs < oldestMs) {
      this.#first++;
      if (this.length === 0) break;
    }
    if (this.#first * 2 > this.#points.length) {
      this.#points = this.#points.slice(this.#first);
      this.#first = 0;
    }
  }
}

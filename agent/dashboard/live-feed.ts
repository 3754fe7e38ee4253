import type { Point, PointSeries } from '../core/point.ts';
import type { PointQuery, PointQueryResult } from './point-history.ts';
import { PointTail, type PointTailBounds } from './point-tail.ts';
import { PublishedChunk } from './published-chunk.ts';

/** A quarter of an hour at the shortest usual interval, and some 15 MB at the worst. */
const DEFAULT_BOUNDS: PointTailBounds = { keepMs: 15 * 60_000, keepPoints: 20_000 };
/** What is remembered, and how far apart points of a series are at least: a GPU is read each second. */
const KEPT: ReadonlyMap<string, number> = new Map([
  ['inference', 0],
  ['inference_phase', 0],
  ['inference_gpu', 0],
  ['gpu_activity', 0],
  ['nvidia_smi', 5000],
]);

/**
 * Where a flush publishes what it emits, for those who look on right now. It remembers the last minutes of the
 * windows and the GPUs, so that a page that is opened has a past to show; `keepPoints: 0` remembers nothing.
 */
export class LiveFeed {
  readonly #tail: PointTail | undefined;
  readonly #lastKeptMs = new WeakMap<PointSeries, number>();
  readonly #subscribers = new Set<(chunk: PublishedChunk) => void>();

  constructor(bounds: Partial<PointTailBounds> = {}) {
    const { keepMs, keepPoints } = { ...DEFAULT_BOUNDS, ...bounds };
    this.#tail = keepPoints > 0 ? new PointTail({ keepMs, keepPoints }) : undefined;
  }

  /** Hands on a piece of a flush. Without subscribers it costs a push per remembered point. */
  publish(points: readonly Point[]): void {
    if (points.length === 0) return;
    if (this.#tail !== undefined) this.#remember(points, this.#tail);
    if (this.#subscribers.size === 0) return;
    const chunk = new PublishedChunk(points);
    for (const subscriber of this.#subscribers) subscriber(chunk);
  }

  /** `subscriber` gets every chunk, synchronously, until the returned function is called. */
  subscribe(subscriber: (chunk: PublishedChunk) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  /** Whether `recent` can answer for a measurement. */
  remembers(measurement: string): boolean {
    return this.#tail !== undefined && KEPT.has(measurement);
  }

  recent(query: PointQuery): PointQueryResult {
    return this.#tail?.query(query) ?? { rows: [], truncated: false };
  }

  #remember(points: readonly Point[], tail: PointTail): void {
    for (const point of points) if (this.#isKept(point)) tail.push(point);
  }

  #isKept({ series, timestampMs }: Point): boolean {
    const gapMs = KEPT.get(series.measurement);
    if (gapMs === undefined || gapMs === 0) return gapMs === 0;
    const lastMs = this.#lastKeptMs.get(series) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(timestampMs - lastMs) < gapMs) return false;
    this.#lastKeptMs.set(series, timestampMs);
    return true;
  }
}

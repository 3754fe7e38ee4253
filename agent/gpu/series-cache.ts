import { type MeasurementName, PointSeries, type Tags } from '../core/point.ts';

/** Series of one generation; a machine with eight GPUs and some processes has fewer than a hundred. */
const MAX_SERIES = 2000;
const GENERATION_MS = 600_000;

/**
 * The series of points that come again and again, so that each is built and rendered once. What was not asked for in
 * one to two generations of 10 min is forgotten: processes end, GPUs change their performance state.
 */
export class SeriesCache {
  readonly #baseTags: Tags;
  #young = new Map<string, PointSeries>();
  #old = new Map<string, PointSeries>();
  #bornMs = Number.NEGATIVE_INFINITY;

  /** `baseTags` stand on every series. */
  constructor(baseTags: Tags) {
    this.#baseTags = baseTags;
  }

  /** Once before the points of a reading. */
  advance(nowMs: number): void {
    const outlived = Math.abs(nowMs - this.#bornMs) >= GENERATION_MS;
    if (!outlived && this.#young.size < MAX_SERIES) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#bornMs = nowMs;
  }

  get<M extends MeasurementName>(
    measurement: M,
    tags: Readonly<Record<string, string | undefined>>,
  ): PointSeries<M> {
    const key = `${measurement}\n${Object.values(tags).join('\n')}`;
    const known = this.#young.get(key) ?? this.#old.get(key);
    const series = known ?? new PointSeries(measurement, { ...this.#baseTags, ...tags });
    this.#young.set(key, series);
    return series as PointSeries<M>;
  }
}

import type { Point } from '../core/point.ts';
import { encodePointRow } from './point-row.ts';

/** Points of one publish. Each is turned into text at most once, however many clients take it. */
export class PublishedChunk {
  readonly points: readonly Point[];
  readonly #texts: string[] = [];

  constructor(points: readonly Point[]) {
    this.points = points;
  }

  /** The JSON of `points[index]`. */
  encode(index: number): string {
    this.#texts[index] ??= JSON.stringify(encodePointRow(this.points[index]));
    return this.#texts[index];
  }
}

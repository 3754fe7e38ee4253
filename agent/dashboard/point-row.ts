import type { Point } from '../core/point.ts';
import type { PointRow } from './web/api-answers.ts';

/** A point as the API shows it: without the fields that are unknown or not finite. */
export function encodePointRow(point: Point): PointRow {
  const fields: Record<string, number | string | boolean> = {};
  for (const [name, value] of Object.entries<number | string | boolean | undefined>(point.fields)) {
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) continue;
    fields[name] = value;
  }
  const { measurement, tags } = point.series;
  return { measurement, time: point.timestampMs, tags, fields };
}

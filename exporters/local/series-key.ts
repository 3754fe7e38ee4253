import { WINDOW_TAG } from './history-schema.ts';

/** A line's key, cut in two: the windows of a series then share what is kept of it. */
export interface SeriesKey {
  /** Measurement and tags as in the line, but for the window. */
  readonly series: string;
  readonly measurement: string;
  /** '' where the line has none. */
  readonly window: string;
}

const WINDOW_PREFIX = `,${WINDOW_TAG}=`;

/** `key`: of a line that `encodePoint` wrote, where an `=` or a comma within a value is escaped. */
export function splitKey(key: string): SeriesKey {
  const measurement = key.slice(0, endOfPart(key, 0));
  const start = key.indexOf(WINDOW_PREFIX);
  if (start === -1) return { series: key, measurement, window: '' };
  const end = endOfPart(key, start + 1);
  return {
    series: key.slice(0, start) + key.slice(end),
    measurement,
    window: key.slice(start + WINDOW_PREFIX.length, end).replace(/\\([,= ])/g, '$1'),
  };
}

/** Where the next comma stands that separates. */
function endOfPart(key: string, from: number): number {
  let at = key.indexOf(',', from);
  while (at > 0 && key[at - 1] === '\\') at = key.indexOf(',', at + 1);
  return at === -1 ? key.length : at;
}

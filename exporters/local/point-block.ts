import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRawSync } from 'node:zlib';
import { LineBuffer } from '../../agent/core/line-buffer.ts';

/** Points in a block at the most: more hardly compress better, and a query reads whole blocks. */
export const BLOCK_POINTS = 128;
const INITIAL_BYTES = 4096;

const compress = promisify(deflateRaw);

/**
 * Points of one family at one time while they are collected: a line a point, of series id and fields. Of two points
 * of a series the later one counts.
 */
export class PointBlock {
  points = 0;
  firstSeries = Number.POSITIVE_INFINITY;
  lastSeries = Number.NEGATIVE_INFINITY;
  readonly #lines = new LineBuffer(INITIAL_BYTES);

  /** `fieldText`: as in line protocol. */
  add(seriesId: number, fieldText: string): void {
    this.#lines.writeText(`${seriesId} ${fieldText}\n`);
    this.points += 1;
    this.firstSeries = Math.min(this.firstSeries, seriesId);
    this.lastSeries = Math.max(this.lastSeries, seriesId);
  }

  /** Deflated, off the main thread: a fifth of the text at most where points are alike. */
  encode(): Promise<Uint8Array> {
    return compress(this.#lines.written(), { level: constants.Z_BEST_SPEED });
  }

  /** Empty again, for points of any family and time. */
  reset(): void {
    this.points = 0;
    this.firstSeries = Number.POSITIVE_INFINITY;
    this.lastSeries = Number.NEGATIVE_INFINITY;
    this.#lines.length = 0;
  }
}

/**
 * By series id, the text of the fields, of those series of the block that are wanted. Takes a third of a millisecond
 * at the most: on another thread a block of few points would take longer. Throws for a damaged block.
 */
export function decodeBlock(
  body: Uint8Array,
  isWanted: (seriesId: number) => boolean,
): ReadonlyMap<number, string> {
  const text = inflateRawSync(body).toString();
  const points = new Map<number, string>();
  for (let start = 0; start < text.length; ) {
    const space = text.indexOf(' ', start);
    const end = text.indexOf('\n', space);
    const seriesId = Number(text.slice(start, space));
    if (isWanted(seriesId)) points.set(seriesId, text.slice(space + 1, end));
    start = end + 1;
  }
  return points;
}

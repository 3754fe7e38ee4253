import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import type { Point } from '../../agent/core/point.ts';

/** The line protocol of a point, without its end of line; empty: it has no fields. */
export function lineOf(point: Point): string {
  const buffer = new LineBuffer();
  encodePoint(point, buffer);
  return new TextDecoder().decode(buffer.written()).trimEnd();
}

import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { PointBatch } from '../core/exporter.ts';
import { LineBuffer } from '../core/line-buffer.ts';
import { encodePoint } from '../core/line-protocol.ts';
import type { Point } from '../core/point.ts';

/** What InfluxDB's manual advises for one request ("Optimize writes"). */
const MAX_LINES = 5000;
/** Of text: a buffer of 1 MB then does not double. The tightest server limit is 10 MB (InfluxDB 3). */
const MAX_TEXT_BYTES = 1_000_000;
/** Buffers that are kept between flushes: one is compressed while the next one fills. */
const MAX_SPARES = 2;

const compress = promisify(gzip);

/** Lines as one gzipped body; the fastest level, for line protocol shrinks 7 times even so. Off the main thread. */
export function compressLines(text: Uint8Array | string): Promise<Uint8Array> {
  return compress(text, { level: constants.Z_BEST_SPEED });
}

/** Encodes points as they come and cuts them into batches. */
export class Batcher {
  #buffer = new LineBuffer();
  #lines = 0;
  readonly #spares: LineBuffer[] = [];
  #closed: Promise<PointBatch>[] = [];

  /** Hot. Points without fields make no line. */
  add(points: readonly Point[]): void {
    for (let i = 0; i < points.length; i++) {
      if (encodePoint(points[i], this.#buffer)) this.#lines += 1;
      if (this.#lines >= MAX_LINES || this.#buffer.length >= MAX_TEXT_BYTES) this.#close();
    }
  }

  /** Everything that was added since the last call. */
  async take(): Promise<readonly PointBatch[]> {
    if (this.#lines > 0) this.#close();
    const closed = this.#closed;
    this.#closed = [];
    return Promise.all(closed);
  }

  #close(): void {
    this.#closed.push(this.#compress(this.#buffer, this.#lines));
    this.#buffer = this.#spares.pop() ?? new LineBuffer();
    this.#lines = 0;
  }

  async #compress(buffer: LineBuffer, points: number): Promise<PointBatch> {
    const compressed = await compressLines(buffer.written());
    buffer.length = 0;
    if (this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
    return { points, gzip: compressed };
  }
}

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { PointBatch } from '../core/exporter.ts';
import { compressLines } from './batcher.ts';

/** A piece of a batch; without lines it is the batch as it came. */
interface Part {
  readonly points: number;
  readonly lines: readonly string[] | undefined;
}

/** What is left of a part that cannot be split any further. */
export interface Remainder {
  readonly points: number;
  /** Absent where the batch could not even be read. */
  readonly line: string | undefined;
}

const decompress = promisify(gunzip);

/**
 * A batch on its way to one exporter: whole at first, and in ever smaller halves where the other side finds it
 * too large or a line in it bad. The order of the lines is kept.
 */
export class BatchParts {
  readonly #batch: PointBatch;
  /** Those still to be sent, the first one last. */
  readonly #parts: Part[];

  constructor(batch: PointBatch) {
    this.#batch = batch;
    this.#parts = [{ points: batch.points, lines: undefined }];
  }

  /** What to send now; undefined when all parts are done. */
  async current(): Promise<PointBatch | undefined> {
    const part = this.#parts.at(-1);
    if (part?.lines === undefined) return part && this.#batch;
    return { points: part.points, gzip: await compressLines(part.lines.join('')) };
  }

  /** Takes the current part off, and says how many points it had. */
  finish(): number {
    return this.#pop().points;
  }

  /** Puts two halves in the place of the current part; of a single line nothing: it comes back. */
  async split(): Promise<Remainder | undefined> {
    const part = this.#pop();
    const lines = part.lines ?? (await readLines(this.#batch.gzip));
    if (lines === undefined) return { points: part.points, line: undefined };
    if (lines.length < 2) return { points: part.points, line: lines[0] };
    const middle = lines.length >> 1;
    for (const half of [lines.slice(middle), lines.slice(0, middle)]) {
      this.#parts.push({ points: half.length, lines: half });
    }
    return undefined;
  }

  #pop(): Part {
    const part = this.#parts.pop();
    if (part === undefined) throw new Error('bug: the batch has no parts left');
    return part;
  }
}

/** Each with its newline; undefined if the bytes are damaged. */
async function readLines(compressed: Uint8Array): Promise<readonly string[] | undefined> {
  try {
    return (await decompress(compressed)).toString().match(/[^\n]*\n/g) ?? undefined;
  } catch {
    return undefined;
  }
}

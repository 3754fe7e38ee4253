import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** A file that is being read. */
export interface TraceBytes {
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Its content, unpacked if it is packed by gzip. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Opens a file of any length. `read` hears of the bytes that were read of it. Rejects where it cannot be opened; its
 * chunks reject where it cannot be read, is packed and damaged, or `signal` aborts.
 */
export async function openTrace(
  path: string,
  { read, signal }: { readonly read: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<TraceBytes> {
  const handle = await open(path);
  const { size, mtimeMs } = await handle.stat();
  const head = new Uint8Array(GZIP_MAGIC.length);
  await handle.read(head, 0, head.length, 0);
  await handle.close();
  const isPacked = GZIP_MAGIC.every((byte, index) => head[index] === byte);
  return { bytes: size, modifiedMs: Math.floor(mtimeMs), chunks: chunksOf(path, { isPacked, read, signal }) };
}

async function* chunksOf(
  path: string,
  options: {
    readonly isPacked: boolean;
    readonly read: (bytes: number) => void;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Uint8Array> {
  const { isPacked, read, signal } = options;
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
  file.on('data', (chunk) => read(chunk.length));
  if (!isPacked) yield* file;
  else {
    const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
    file.on('error', (error) => unpacked.destroy(error));
    yield* file.pipe(unpacked);
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A file that is open for reading. */
export interface TraceBytes {
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Its content, unpacked if it is packed by gzip. A chunk is only valid until the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

interface ReadOptions {
  /** Hears of the bytes that were read of the file. */
  readonly read: (bytes: number) => void;
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 256 * 1024;
/** Unpacked chunks are garbage afterwards, which is collected late: smaller ones leave less of it. */
const UNPACKED_BYTES = 32 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Opens a file of any length; rejects where it cannot be opened. Its chunks reject where it cannot be read, is packed and
 * damaged, or `signal` aborts.
 */
export async function openTrace(path: string, options: ReadOptions): Promise<TraceBytes> {
  const handle = await open(path);
  try {
    const { size, mtimeMs } = await handle.stat();
    const head = Buffer.alloc(GZIP_MAGIC.length);
    await handle.read(head, 0, head.length, 0);
    const isPacked = GZIP_MAGIC.every((byte, index) => head[index] === byte);
    const chunks = isPacked ? unpackedChunks(handle, options) : plainChunks(handle, options);
    return { bytes: size, modifiedMs: Math.floor(mtimeMs), chunks, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** One buffer for all: chunks of a stream would be garbage by the gigabyte. */
async function* plainChunks(handle: FileHandle, { read, signal }: ReadOptions): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    signal.throwIfAborted();
    if (bytesRead === 0) return;
    at += bytesRead;
    read(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* unpackedChunks(handle: FileHandle, options: ReadOptions): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: UNPACKED_BYTES });
  const packed = Readable.from(copiesOf(plainChunks(handle, options)), { objectMode: false });
  packed.on('error', (error) => unpacked.destroy(error));
  yield* packed.pipe(unpacked);
}

async function* copiesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk);
}

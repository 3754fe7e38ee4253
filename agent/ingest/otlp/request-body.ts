import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { BufferPool } from '../buffer-pool.ts';

/** The body of a request, or why there is none. */
export type BodyOutcome =
  | {
      readonly kind: 'body';
      readonly bytes: Buffer;
      /** Where they stand; to be given back once nobody reads them any more. Absent: nobody needs it back. */
      readonly room?: Buffer;
    }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'damaged'; readonly reason: string }
  /** The sender went away. */
  | { readonly kind: 'aborted' };

const DECODERS = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;
type Encoding = 'identity' | keyof typeof DECODERS;

/** From a `Content-Encoding` header; undefined: none that is understood. */
export function encodingOf(header: string | undefined): Encoding | undefined {
  const name = header?.trim().toLowerCase() || 'identity';
  return name === 'identity' || name === 'gzip' || name === 'deflate' ? name : undefined;
}

export interface BodyLimits {
  /** On the way and unpacked. */
  readonly maxBytes: number;
  /** For bodies whose length is told before. */
  readonly pool: BufferPool;
}

/** Reads a body: one that is too large is not read to its end. */
export async function readBody(
  request: IncomingMessage,
  encoding: Encoding,
  { maxBytes, pool }: BodyLimits,
): Promise<BodyOutcome> {
  const length = Number(request.headers['content-length']);
  if (length > maxBytes) return { kind: 'too_large' };
  const packed = await (length > 0 ? receive(request, length, pool) : collect(request, maxBytes));
  if (packed.kind !== 'body' || encoding === 'identity') return packed;
  try {
    return { kind: 'body', bytes: await DECODERS[encoding](packed.bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
    return { kind: 'damaged', reason: `the body is no ${encoding}` };
  } finally {
    if (packed.room !== undefined) pool.giveBack(packed.room);
  }
}

/** A body of this many bytes: Node's parser takes no more. */
function receive(request: IncomingMessage, length: number, pool: BufferPool): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const room = pool.take(length);
    let bytes = 0;
    let isWhole = false;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.copy(room, bytes);
    });
    request.once('end', () => {
      isWhole = true;
      resolve({ kind: 'body', bytes: room.subarray(0, bytes), room });
    });
    request.once('error', () => {});
    request.once('close', () => {
      if (isWhole) return;
      pool.giveBack(room);
      resolve({ kind: 'aborted' });
    });
  });
}

/** A body that comes in chunks, as long as it likes. */
function collect(request: IncomingMessage, maxBytes: number): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else resolve({ kind: 'too_large' });
    });
    request.once('end', () => resolve({ kind: 'body', bytes: Buffer.concat(chunks) }));
    request.once('close', () => resolve({ kind: 'aborted' }));
    request.once('error', () => resolve({ kind: 'aborted' }));
  });
}

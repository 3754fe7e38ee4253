import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';

/** The body of a request, or why there is none. */
export type BodyOutcome =
  | { readonly kind: 'body'; readonly bytes: Buffer }
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

/** Reads a body of at most `maxBytes`, on the way and unpacked: what is larger is not read to its end. */
export async function readBody(
  request: IncomingMessage,
  encoding: Encoding,
  maxBytes: number,
): Promise<BodyOutcome> {
  if (Number(request.headers['content-length']) > maxBytes) return { kind: 'too_large' };
  const packed = await collect(request, maxBytes);
  if (packed.kind !== 'body' || encoding === 'identity') return packed;
  try {
    return { kind: 'body', bytes: await DECODERS[encoding](packed.bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
    return { kind: 'damaged', reason: `the body is no ${encoding}` };
  }
}

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

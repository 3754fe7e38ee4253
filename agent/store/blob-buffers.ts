import { MessageChannel } from 'node:worker_threads';
import type { SqlValue } from '../core/database.ts';

/**
 * The array buffers that the blobs of these rows lie in, each once, and that may be handed over: Node's pool of small
 * buffers may not (Node 20 then copies it, later ones refuse the whole message). Whatever is as large as the pool is
 * taken for it; it is copied then.
 */
export function buffersOf(rows: Iterable<Iterable<SqlValue>>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const row of rows) {
    for (const value of row) {
      if (!(value instanceof Uint8Array && value.buffer instanceof ArrayBuffer)) continue;
      if (value.buffer.byteLength !== Buffer.poolSize) buffers.add(value.buffer);
    }
  }
  return [...buffers];
}

/**
 * Frees the memory of array buffers now. V8 collects those that died young when the young generation is full of
 * objects, of which a thread that writes blobs makes hardly any, or else when the buffers have come to 32 MB.
 */
export function freeBuffers(buffers: ArrayBuffer[]): void {
  const { port1 } = new MessageChannel();
  // What is handed over to a port that is closed is gone.
  port1.close();
  port1.postMessage(undefined, buffers);
}

import type { ServerResponse } from 'node:http';
import type { PublishedChunk } from './published-chunk.ts';
import type { StreamFilter } from './stream-filter.ts';

/** What a client may leave unread before it is dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const RECONNECT_AFTER_MS = 2000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that gathers the answer before it passes it on would hold the events up.
  'x-accel-buffering': 'no',
} as const;

/** One client of `/api/v1/stream`: points that pass its filter leave as server-sent events. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #filter: StreamFilter;

  constructor(response: ServerResponse, filter: StreamFilter) {
    this.#response = response;
    this.#filter = filter;
  }

  open(): void {
    this.#response.writeHead(200, HEADERS);
    this.#response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
  }

  /** False: the client does not keep up. */
  send(chunk: PublishedChunk): boolean {
    const rows: string[] = [];
    chunk.points.forEach((point, index) => {
      if (this.#filter.accepts(point)) rows.push(chunk.encode(index));
    });
    if (rows.length > 0) this.#response.write(`event: points\ndata: {"points":[${rows.join(',')}]}\n\n`);
    return this.#response.writableLength <= MAX_BUFFERED_BYTES;
  }

  /** A comment, so that both sides and every proxy between them see that the connection lives. */
  beat(): void {
    this.#response.write(':\n\n');
  }

  end(): void {
    this.#response.end();
  }

  /** Ends the connection at once, with what is unread. */
  drop(): void {
    this.#response.destroy();
  }
}

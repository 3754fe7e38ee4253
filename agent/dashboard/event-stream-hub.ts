import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { EventStream } from './event-stream.ts';
import type { LiveFeed } from './live-feed.ts';
import type { PublishedChunk } from './published-chunk.ts';
import type { StreamFilter } from './stream-filter.ts';
import type { StreamCounts } from './web/api-answers.ts';

const MAX_CLIENTS = 32;
/** Below the 30 s after which common proxies take a silent connection for dead. */
const BEAT_EVERY_MS = 15_000;

/** The clients of the stream: as many as there may be, kept alive, and let go when they read too slowly. */
export class EventStreamHub {
  readonly #feed: LiveFeed;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #streams = new Set<EventStream>();
  readonly #stopping = new AbortController();
  #unsubscribe: (() => void) | undefined;
  #dropped = 0;
  #refused = 0;

  constructor(feed: LiveFeed, clock: Clock, log: Logger) {
    this.#feed = feed;
    this.#clock = clock;
    this.#log = log;
  }

  get counts(): StreamCounts {
    return { clients: this.#streams.size, dropped: this.#dropped, refused: this.#refused };
  }

  /** Takes the response over; false: there are too many clients, and the caller has to answer. */
  open(response: ServerResponse, filter: StreamFilter): boolean {
    if (this.#streams.size >= MAX_CLIENTS || this.#stopping.signal.aborted) {
      this.#refused++;
      return false;
    }
    const stream = new EventStream(response, filter);
    response.on('close', () => this.#forget(stream));
    stream.open();
    this.#streams.add(stream);
    if (this.#unsubscribe === undefined) this.#listen();
    return true;
  }

  stop(): void {
    this.#stopping.abort();
    for (const stream of this.#streams) stream.end();
  }

  #listen(): void {
    const silent = new AbortController();
    const unsubscribe = this.#feed.subscribe((chunk) => this.#send(chunk));
    this.#unsubscribe = () => {
      unsubscribe();
      silent.abort();
    };
    void this.#beat(AbortSignal.any([silent.signal, this.#stopping.signal]));
  }

  #send(chunk: PublishedChunk): void {
    for (const stream of this.#streams) {
      if (stream.send(chunk)) continue;
      this.#dropped++;
      this.#log.warn({ dropped: this.#dropped }, 'a client of the live stream reads too slowly: dropped');
      this.#forget(stream);
      stream.drop();
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(BEAT_EVERY_MS, signal);
      if (signal.aborted) return;
      for (const stream of this.#streams) stream.beat();
    }
  }

  /** The last one to leave ends the subscription, so that publishing costs nothing again. */
  #forget(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}

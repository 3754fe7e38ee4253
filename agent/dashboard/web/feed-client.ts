import type { PointRow, StreamMessage } from './api-answers.ts';
import { type ApiClient, ApiError } from './api-client.ts';
import { EventStreamParser } from './event-stream-parser.ts';

export interface FeedListener {
  /** The stream is open, for the first time or again: points before now have to be asked for. */
  readonly opened: () => void;
  readonly received: (rows: readonly PointRow[]) => void;
  /** The stream is broken and will be tried again. */
  readonly lost: () => void;
  /** The agent wants a token; the stream is not tried again. */
  readonly refused: () => void;
}

type Sleep = (delayMs: number, signal: AbortSignal) => Promise<void>;

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;
/** The agent sends at least a comment every 15 s: after two and a half of them the connection is dead. */
const MAX_SILENCE_MS = 40_000;

/** Follows the live stream and comes back whenever it breaks. `EventSource` would not do: it sends no token. */
export class FeedClient {
  readonly #api: ApiClient;
  readonly #listener: FeedListener;
  readonly #sleep: Sleep;
  #retryMs = FIRST_RETRY_MS;

  constructor(api: ApiClient, listener: FeedListener, sleep: Sleep) {
    this.#api = api;
    this.#listener = listener;
    this.#sleep = sleep;
  }

  /** Runs until `signal` aborts or the agent refuses. */
  async run(parameters: URLSearchParams, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(parameters, signal);
      } catch (error) {
        if (error instanceof ApiError && error.needsToken) {
          this.#listener.refused();
          return;
        }
      }
      if (signal.aborted) return;
      this.#listener.lost();
      await this.#sleep(this.#retryMs, signal);
      this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    }
  }

  /** One connection, until it ends or falls silent. */
  async #follow(parameters: URLSearchParams, signal: AbortSignal): Promise<void> {
    const connection = new AbortController();
    const ended = AbortSignal.any([signal, connection.signal]);
    try {
      const reader = (await this.#api.stream(parameters, ended)).getReader();
      this.#retryMs = FIRST_RETRY_MS;
      this.#listener.opened();
      await this.#readAll(reader, ended);
    } finally {
      connection.abort();
    }
  }

  async #readAll(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<void> {
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    for (;;) {
      const piece = await this.#readOrFallSilent(reader, signal);
      if (piece === undefined) return;
      for (const event of parser.push(decoder.decode(piece, { stream: true }))) {
        if (event.type !== 'points') continue;
        const message: StreamMessage = JSON.parse(event.data);
        this.#listener.received(message.points);
      }
    }
  }

  async #readOrFallSilent(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const heard = new AbortController();
    const silence = this.#sleep(MAX_SILENCE_MS, AbortSignal.any([signal, heard.signal])).then(
      () => undefined,
    );
    try {
      return (await Promise.race([reader.read(), silence]))?.value;
    } finally {
      heard.abort();
    }
  }
}

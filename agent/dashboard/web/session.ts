import type { PointRow, SeriesAnswer, StatusAnswer } from './api-answers.ts';
import { type ApiClient, ApiError } from './api-client.ts';
import { PHASE_FIELDS, REQUEST_FIELDS } from './compared-metrics.ts';
import { FeedClient } from './feed-client.ts';
import { WindowStore } from './window-store.ts';

/** What is followed: the windows of one model over a range of time. */
export interface Target {
  readonly model: string;
  readonly window: string;
  readonly windowMs: number;
  readonly rangeMs: number;
}

export type Connection = 'connecting' | 'live' | 'lost' | 'refused';

export interface SessionOptions {
  readonly api: ApiClient;
  /** Something below has changed. */
  readonly changed: () => void;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** Unix milliseconds by the browser. */
  readonly nowMs: () => number;
}

const POLL_EVERY_MS = 3000;
/** Charts show no more points than they have pixels. */
const POINTS_A_LINE = 1000;
const MEASUREMENTS = { inference: REQUEST_FIELDS, inference_phase: PHASE_FIELDS } as const;
const ROW_LIMIT = 50_000;

/** What the page knows of the agent: its state, asked for now and then, and the windows, which come by themselves. */
export class Session {
  readonly store = new WindowStore();
  status: StatusAnswer | undefined;
  series: SeriesAnswer['series'] = [];
  connection: Connection = 'connecting';
  /** Browser time at which the connection broke. */
  lostAtMs = 0;
  /** Why the past may be shorter than the range. */
  pastNote = '';
  readonly #options: SessionOptions;
  #target: Target | undefined;
  #polling = new AbortController();
  #following = new AbortController();
  #skewMs = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** The agent's time. */
  get nowMs(): number {
    return this.#options.nowMs() + this.#skewMs;
  }

  /** Asks for the agent's state until it wants a token that we do not have. To be called again then. */
  async run(): Promise<void> {
    this.#polling.abort();
    this.#polling = new AbortController();
    const { signal } = this.#polling;
    this.#set('connecting');
    while (!signal.aborted) {
      await this.#poll();
      await this.#options.sleep(POLL_EVERY_MS, signal);
    }
  }

  /** Changes what is followed; does nothing if that is so already, or while a token is needed. */
  follow(target: Target): void {
    if (this.connection === 'refused') return;
    const before = this.#target;
    this.#target = target;
    if (before?.model !== target.model || before.window !== target.window) this.#followAnew(target);
    else if (before.rangeMs !== target.rangeMs) void this.#loadPast(target, this.#following.signal);
  }

  async #poll(): Promise<void> {
    try {
      const [status, { series }] = await Promise.all([
        this.#options.api.status(),
        this.#options.api.series(),
      ]);
      this.#skewMs = status.nowMs - this.#options.nowMs();
      this.status = status;
      this.series = series;
      if (this.#target !== undefined) this.store.dropBefore(this.nowMs - this.#target.rangeMs);
      this.#setWithoutStream('live');
      this.#options.changed();
    } catch (error) {
      if (error instanceof ApiError && error.needsToken) this.#set('refused');
      else this.#setWithoutStream('lost');
    }
  }

  #followAnew(target: Target): void {
    this.#following.abort();
    this.#following = new AbortController();
    this.store.clear();
    const { signal } = this.#following;
    const listener = {
      opened: () => {
        this.#set('live');
        void this.#loadPast(this.#target ?? target, signal);
      },
      received: (rows: readonly PointRow[]) => this.#take(rows, 'live'),
      lost: () => this.#set('lost'),
      refused: () => this.#set('refused'),
    };
    const parameters = new URLSearchParams({ model: target.model, window: target.window });
    for (const measurement of Object.keys(MEASUREMENTS)) parameters.append('measurement', measurement);
    void new FeedClient(this.#options.api, listener, this.#options.sleep).run(parameters, signal);
  }

  /** What was emitted before the stream was open, or while it was broken. */
  async #loadPast({ model, window, windowMs, rangeMs }: Target, signal: AbortSignal): Promise<void> {
    const from = Math.floor(this.nowMs - rangeMs);
    const every = Math.floor(Math.min(windowMs, rangeMs / POINTS_A_LINE));
    for (const [measurement, names] of Object.entries(MEASUREMENTS)) {
      const query = { measurement, model, window, from, every, limit: ROW_LIMIT, fields: names.join(',') };
      try {
        const { rows, source, truncated } = await this.#options.api.points(query, signal);
        this.pastNote = source === 'memory' ? 'no local store: the past is what memory holds' : '';
        if (truncated) this.pastNote = `too many rows for this range: choose a longer window than ${window}`;
        this.#take(rows, 'past');
      } catch (error) {
        if (!signal.aborted) this.pastNote = error instanceof Error ? error.message : String(error);
      }
    }
  }

  #take(rows: readonly PointRow[], origin: 'live' | 'past'): void {
    for (const row of rows) this.store.put(row, origin);
    this.#options.changed();
  }

  /** As long as nothing is followed; then the stream tells. */
  #setWithoutStream(connection: Connection): void {
    if (this.#target === undefined) this.#set(connection);
  }

  #set(connection: Connection): void {
    if (connection === 'lost' && this.connection !== 'lost') this.lostAtMs = this.#options.nowMs();
    if (connection === 'refused') {
      this.#polling.abort();
      this.#following.abort();
      this.#target = undefined;
    }
    this.connection = connection;
    this.#options.changed();
  }
}

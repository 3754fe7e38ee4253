import type { PointRow } from './api-answers.ts';
import { type ApiClient, ApiError } from './api-client.ts';
import { FeedClient } from './feed-client.ts';

/** Which points are followed: fields by measurement, and the tags that the points have. */
export interface FollowedPoints {
  readonly measurements: Readonly<Record<string, readonly string[]>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** How much of their past is wanted. */
export interface FollowedPast {
  readonly rangeMs: number;
  /** One row a series in each step. */
  readonly everyMs: number;
}

export interface FollowerListener {
  /** The stream is open; the past is being asked for. */
  readonly opened: () => void;
  readonly received: (rows: readonly PointRow[], origin: 'live' | 'past') => void;
  readonly lost: () => void;
  /** A token is needed. */
  readonly refused: () => void;
  /** Why the past may be shorter than the range; empty: it is not. */
  readonly noted: (note: string) => void;
}

export interface FollowerOptions {
  readonly api: ApiClient;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** The agent's time, Unix ms. */
  readonly nowMs: () => number;
  readonly listener: FollowerListener;
}

const ROW_LIMIT = 50_000;

/** Follows points: what comes on the stream, and what was emitted before it was open or while it was broken. */
export class PointFollower {
  readonly #options: FollowerOptions;
  #following = new AbortController();
  #past: FollowedPast = { rangeMs: 0, everyMs: 0 };

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Follows these points instead of those before. */
  follow(points: FollowedPoints, past: FollowedPast): void {
    this.stop();
    this.#past = past;
    const { signal } = this.#following;
    const { api, sleep, listener } = this.#options;
    const feedListener = {
      opened: () => {
        listener.opened();
        void this.#loadPast(points, signal);
      },
      received: (rows: readonly PointRow[]) => listener.received(rows, 'live'),
      lost: listener.lost,
      refused: listener.refused,
    };
    const parameters = new URLSearchParams(points.tags);
    for (const measurement of Object.keys(points.measurements)) parameters.append('measurement', measurement);
    void new FeedClient(api, feedListener, sleep).run(parameters, signal);
  }

  /** Asks for another past of the same points. */
  reach(points: FollowedPoints, past: FollowedPast): void {
    this.#past = past;
    void this.#loadPast(points, this.#following.signal);
  }

  stop(): void {
    this.#following.abort();
    this.#following = new AbortController();
  }

  async #loadPast({ measurements, tags }: FollowedPoints, signal: AbortSignal): Promise<void> {
    const { api, nowMs, listener } = this.#options;
    const { rangeMs, everyMs } = this.#past;
    const from = Math.floor(nowMs() - rangeMs);
    for (const [measurement, names] of Object.entries(measurements)) {
      const fields = names.join(',');
      const query = { measurement, ...tags, from, every: everyMs, limit: ROW_LIMIT, fields };
      try {
        const { rows, source, truncated } = await api.points(query, signal);
        const short = source === 'memory' ? 'no local store: the past is what memory holds' : '';
        listener.noted(truncated ? 'too many rows for this range: choose a longer window' : short);
        listener.received(rows, 'past');
      } catch (error) {
        if (signal.aborted || (error instanceof ApiError && error.needsToken)) return;
        listener.noted(error instanceof Error ? error.message : String(error));
      }
    }
  }
}

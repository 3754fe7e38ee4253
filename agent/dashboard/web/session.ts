import type { SeriesAnswer, StatusAnswer } from './api-answers.ts';
import { type ApiClient, ApiError } from './api-client.ts';
import { GPU_USE_FIELDS, PHASE_FIELDS, REQUEST_FIELDS } from './compared-metrics.ts';
import { GPU_MEASUREMENTS } from './gpu-figures.ts';
import { GpuStore } from './gpu-store.ts';
import { type FollowedPoints, type FollowerListener, PointFollower } from './point-follower.ts';
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
/** As far apart as the agent remembers rows of GPUs where it has no store. */
const LEAST_GPU_STEP_MS = 5000;

/** What the page knows of the agent: its state, asked for now and then, and the windows, which come by themselves. */
export class Session {
  readonly store = new WindowStore();
  readonly gpus = new GpuStore();
  status: StatusAnswer | undefined;
  series: SeriesAnswer['series'] = [];
  connection: Connection = 'connecting';
  /** Browser time at which the connection broke. */
  lostAtMs = 0;
  /** Why the past may be shorter than the range. */
  pastNote = '';
  readonly #options: SessionOptions;
  readonly #windowFollower: PointFollower;
  readonly #gpuFollower: PointFollower;
  #target: Target | undefined;
  /** The range over which GPUs are followed; 0: they are not. */
  #gpuRangeMs = 0;
  #polling = new AbortController();
  #skewMs = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#windowFollower = this.#createFollower(this.store, {
      opened: () => this.#set('live'),
      lost: () => this.#set('lost'),
      noted: (note) => {
        this.pastNote = note;
      },
    });
    // The stream of the windows tells whether we are connected.
    const ignore = (): void => undefined;
    this.#gpuFollower = this.#createFollower(this.gpus, { opened: ignore, lost: ignore, noted: ignore });
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
    const { rangeMs, windowMs } = target;
    const past = { rangeMs, everyMs: Math.floor(Math.min(windowMs, rangeMs / POINTS_A_LINE)) };
    const points = windowsOf(target);
    if (before?.model !== target.model || before.window !== target.window) {
      this.store.clear();
      this.#windowFollower.follow(points, past);
    } else if (before.rangeMs !== rangeMs) {
      this.#windowFollower.reach(points, past);
    }
    this.#followGpus(rangeMs);
  }

  /** How far apart the rows of GPUs are at least. */
  get gpuStepMs(): number {
    return Math.max(LEAST_GPU_STEP_MS, this.#gpuRangeMs / POINTS_A_LINE);
  }

  #followGpus(rangeMs: number): void {
    const wanted = this.status === undefined || this.status.gpu.source === 'none' ? 0 : rangeMs;
    if (wanted === this.#gpuRangeMs) return;
    this.#gpuRangeMs = wanted;
    this.gpus.clear(this.gpuStepMs);
    if (wanted === 0) this.#gpuFollower.stop();
    else this.#gpuFollower.follow(GPU_POINTS, { rangeMs, everyMs: Math.floor(this.gpuStepMs) });
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
      if (this.#target !== undefined) this.#dropBefore(this.nowMs - this.#target.rangeMs);
      this.#setWithoutStream('live');
      this.#options.changed();
    } catch (error) {
      if (error instanceof ApiError && error.needsToken) this.#set('refused');
      else this.#setWithoutStream('lost');
    }
  }

  #createFollower(
    store: WindowStore | GpuStore,
    listener: Omit<FollowerListener, 'received' | 'refused'>,
  ): PointFollower {
    return new PointFollower({
      api: this.#options.api,
      sleep: this.#options.sleep,
      nowMs: () => this.nowMs,
      listener: {
        ...listener,
        received: (rows, origin) => {
          for (const row of rows) store.put(row, origin);
          this.#options.changed();
        },
        refused: () => this.#set('refused'),
      },
    });
  }

  #dropBefore(timeMs: number): void {
    this.store.dropBefore(timeMs);
    this.gpus.dropBefore(timeMs);
  }

  /** As long as nothing is followed; then the stream tells. */
  #setWithoutStream(connection: Connection): void {
    if (this.#target === undefined) this.#set(connection);
  }

  #set(connection: Connection): void {
    if (connection === 'lost' && this.connection !== 'lost') this.lostAtMs = this.#options.nowMs();
    if (connection === 'refused') {
      this.#polling.abort();
      this.#windowFollower.stop();
      this.#gpuFollower.stop();
      this.#target = undefined;
      this.#gpuRangeMs = 0;
    }
    this.connection = connection;
    this.#options.changed();
  }
}

const GPU_POINTS: FollowedPoints = { measurements: GPU_MEASUREMENTS, tags: {} };

function windowsOf({ model, window }: Target): FollowedPoints {
  const measurements = {
    inference: REQUEST_FIELDS,
    inference_phase: PHASE_FIELDS,
    inference_gpu: GPU_USE_FIELDS,
  };
  return { measurements, tags: { model, window } };
}

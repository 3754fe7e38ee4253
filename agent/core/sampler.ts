import type { Point } from './point.ts';

/** Reads something at a steady interval: the host, a GPU, a server's own metrics. */
export interface Sampler {
  readonly name: string;
  readonly intervalMs: number;
  /**
   * One reading, stamped `nowMs` (Unix ms). Rejects when there is none: a stale value is never published.
   * `signal` aborts at the deadline of one interval.
   */
  sample(nowMs: number, signal: AbortSignal): Promise<readonly Point[]>;
}

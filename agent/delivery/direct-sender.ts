import type { Clock } from '../core/clock.ts';
import type { Exporter, ExportOutcome, PointBatch } from '../core/exporter.ts';
import type { Logger } from '../core/logger.ts';
import { settledOrAborted } from './deadline.ts';
import { attemptExport } from './export-attempt.ts';
import type { ExporterRecord } from './exporter-record.ts';

export interface DirectSenderOptions {
  readonly exporter: Exporter;
  readonly record: ExporterRecord;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Queued {
  readonly batch: PointBatch;
  readonly queuedMs: number;
}

const MAX_QUEUED_BYTES = 16 << 20;

/** Gives each batch once to an exporter that is not durable; what it cannot take is dropped and counted. */
export class DirectSender {
  readonly #options: DirectSenderOptions;
  readonly #giveUp = new AbortController();
  #queue: Queued[] = [];
  #running: Promise<void> | undefined;

  constructor(options: DirectSenderOptions) {
    this.#options = options;
  }

  send(batches: readonly PointBatch[]): void {
    const queuedMs = this.#options.clock.wallMs();
    this.#queue.push(...batches.map((batch) => ({ batch, queuedMs })));
    while (this.#queuedBytes() > MAX_QUEUED_BYTES && this.#queue.length > 1) {
      // The first one is under way.
      const [oldest] = this.#queue.splice(1, 1);
      this.#options.record.dropped(oldest.batch.points);
    }
    this.#running ??= this.#drain();
  }

  waiting(): { readonly points: number; readonly oldestMs: number } {
    return {
      points: this.#queue.reduce((sum, { batch }) => sum + batch.points, 0),
      oldestMs: this.#queue[0]?.queuedMs ?? 0,
    };
  }

  /** Finishes what is queued, at the latest when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    if (this.#running === undefined) return;
    await settledOrAborted(this.#running, deadline);
    this.#giveUp.abort();
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { exporter, clock, record } = this.#options;
      const { outcome, durationMs } = await attemptExport(exporter, next.batch, clock, this.#giveUp.signal);
      record.requested(durationMs);
      this.#queue.shift();
      this.#settle(outcome, next.batch.points);
    }
    this.#running = undefined;
  }

  #settle(outcome: ExportOutcome, points: number): void {
    const { record, log, exporter } = this.#options;
    if (outcome.kind === 'accepted' || outcome.kind === 'partial') {
      const rejected = outcome.kind === 'partial' ? Math.min(points, outcome.rejected ?? 1) : 0;
      record.finished({ exported: points - rejected, rejected });
      record.succeeded();
      return;
    }
    record.dropped(points);
    if (record.failed('retrying', outcome.reason)) {
      log.warn({ exporter: exporter.name, points, reason: outcome.reason }, 'points were lost');
    }
  }

  #queuedBytes(): number {
    return this.#queue.reduce((sum, { batch }) => sum + batch.gzip.length, 0);
  }
}

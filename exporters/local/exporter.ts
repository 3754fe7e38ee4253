import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Clock } from '../../agent/core/clock.ts';
import type { Database } from '../../agent/core/database.ts';
import type { CheckableExporter, CheckResult, ExportOutcome, PointBatch } from '../../agent/core/exporter.ts';
import { HistoryPruner } from './history-pruner.ts';
import { prepareHistory } from './history-schema.ts';
import type { LocalOptions } from './options.ts';
import { PointWriter } from './point-writer.ts';

const PRUNE_EVERY_MS = 10_000;

const decompress = promisify(gunzip);

/**
 * Keeps points in a SQLite database of its own, bounded by age and size, for the page and `/api/v1/points`;
 * `LocalHistory` reads them. Not durable in the outbox's sense: a batch that cannot be written is gone.
 */
export class LocalExporter implements CheckableExporter {
  readonly name = 'local';
  readonly durable = false;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #writer: PointWriter;
  readonly #pruner: HistoryPruner;
  #prunedMs = Number.NEGATIVE_INFINITY;

  /** `database`: opened by the caller, used by this exporter and its readers only. */
  constructor(options: LocalOptions, database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#writer = new PointWriter(database);
    this.#pruner = new HistoryPruner(database, options);
  }

  /** Rejects if the database cannot be written. */
  start(): Promise<void> {
    return prepareHistory(this.#database);
  }

  async stop(): Promise<void> {}

  async export(batch: PointBatch, signal: AbortSignal): Promise<ExportOutcome> {
    if (signal.aborted) return { kind: 'retry', reason: 'the local history was not written in time' };
    let rejected: number;
    try {
      rejected = await this.#write(await decompress(batch.gzip));
      await this.#pruneSometimes();
    } catch (error) {
      return { kind: 'retry', reason: `the local history cannot be written: ${messageOf(error)}` };
    }
    if (rejected === 0) return { kind: 'accepted' };
    return { kind: 'partial', rejected, reason: 'lines that are no points' };
  }

  async check(): Promise<CheckResult> {
    try {
      const { usedBytes } = await this.#pruner.measure();
      return { ok: true, message: `the local history holds ${(usedBytes / 2 ** 20).toFixed(1)} MiB` };
    } catch (error) {
      return { ok: false, message: `the local history cannot be read: ${messageOf(error)}` };
    }
  }

  /** Room may be made by pruning; if not, the reason why pruning failed is the reason. */
  async #write(text: Uint8Array): Promise<number> {
    try {
      return await this.#writer.write(text);
    } catch {
      await this.#pruner.prune(this.#clock.wallMs());
      return this.#writer.write(text);
    }
  }

  async #pruneSometimes(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#prunedMs < PRUNE_EVERY_MS) return;
    this.#prunedMs = nowMs;
    await this.#pruner.prune(this.#clock.wallMs());
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

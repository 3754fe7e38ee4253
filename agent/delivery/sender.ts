import type { Clock } from '../core/clock.ts';
import type { Exporter, ExportOutcome } from '../core/exporter.ts';
import type { Logger } from '../core/logger.ts';
import { BatchParts } from './batch-parts.ts';
import { settledOrAborted } from './deadline.ts';
import { attemptExport } from './export-attempt.ts';
import type { ExporterRecord, Tally } from './exporter-record.ts';
import type { Outbox } from './outbox.ts';
import type { LogEntry } from './outbox-log.ts';
import { Rest } from './rest.ts';
import { RetrySchedule } from './retry-schedule.ts';

export interface SenderOptions {
  readonly exporter: Exporter;
  readonly record: ExporterRecord;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** How long after a flush this agent begins to send: the agents of a fleet flush at the same moment. */
  readonly offsetMs: number;
}

/** A batch that the exporter works on. */
interface Work {
  readonly entry: LogEntry;
  readonly parts: BatchParts;
  readonly tally: Tally;
  splits: number;
}

/** Then no more bad lines are searched for in a batch: what is refused from there on is refused whole. */
const MAX_SPLITS = 500;

/**
 * Takes one durable exporter through the outbox: strictly in order, one request at a time, each batch until the
 * other side took or refused it. A batch is passed only when all its parts are done.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #schedule: RetrySchedule;
  readonly #rest: Rest;
  /** Ends the request that is under way. */
  readonly #giveUp = new AbortController();
  #running: Promise<void> | undefined;
  #work: Work | undefined;
  #idle = false;
  #stopping = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#schedule = new RetrySchedule(options.random);
    this.#rest = new Rest(options.clock);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There is something new in the outbox. */
  notify(): void {
    if (this.#idle) this.#rest.wake();
  }

  /** Tries at once what waits for a later time. */
  poke(): void {
    this.#rest.wake();
  }

  /** Sends on what is there until the first failure; resolves at the latest when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    if (this.#running === undefined) return;
    this.#stopping = true;
    this.#rest.wake();
    await settledOrAborted(this.#running, deadline);
    this.#giveUp.abort();
  }

  async #run(): Promise<void> {
    for (;;) {
      const entry = this.#options.outbox.head(this.#options.exporter.name);
      if (entry === undefined) {
        if (this.#stopping) return;
        await this.#awaitWork();
        continue;
      }
      const delayMs = await this.#step(entry);
      if (delayMs === undefined) continue;
      if (this.#stopping) return;
      await this.#rest.for(delayMs);
    }
  }

  async #awaitWork(): Promise<void> {
    this.#idle = true;
    await this.#rest.for();
    this.#idle = false;
    if (!this.#stopping) await this.#rest.for(this.#options.offsetMs);
  }

  /** One request at most. Returns how long to wait before the next one; undefined: none was in vain. */
  async #step(entry: LogEntry): Promise<number | undefined> {
    try {
      this.#work = this.#work?.entry === entry ? this.#work : await this.#open(entry);
    } catch (error) {
      const reason = `the outbox cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      return this.#retry({ kind: 'retry', reason });
    }
    const batch = await this.#work?.parts.current();
    if (this.#work === undefined || batch === undefined) {
      this.#finish(entry);
      return undefined;
    }
    const { exporter, clock, record } = this.#options;
    const { outcome, durationMs } = await attemptExport(exporter, batch, clock, this.#giveUp.signal);
    record.requested(durationMs);
    return this.#settle(outcome, this.#work);
  }

  /** Undefined where the batch is no longer on disk. */
  async #open(entry: LogEntry): Promise<Work | undefined> {
    const batch = await this.#options.outbox.read(entry);
    if (batch === undefined) return undefined;
    return { entry, parts: new BatchParts(batch), tally: { exported: 0, rejected: 0 }, splits: 0 };
  }

  #finish(entry: LogEntry): void {
    const { outbox, exporter, record } = this.#options;
    const passed = outbox.pass(exporter.name, entry);
    if (passed && this.#work === undefined) record.dropped(entry.points);
    else if (passed) record.finished(this.#work?.tally ?? { exported: 0, rejected: 0 });
    this.#work = undefined;
  }

  async #settle(outcome: ExportOutcome, work: Work): Promise<number | undefined> {
    switch (outcome.kind) {
      case 'retry':
        return this.#retry(outcome);
      case 'hold':
        return this.#hold(outcome);
      case 'accepted':
        work.tally.exported += work.parts.finish();
        break;
      case 'partial':
        this.#acceptPartly(outcome, work);
        break;
      case 'too_large':
      case 'rejected':
        await this.#narrow(outcome.reason, work);
        break;
    }
    this.#schedule.succeeded();
    this.#options.record.succeeded();
    return undefined;
  }

  #retry(outcome: Extract<ExportOutcome, { kind: 'retry' }>): number {
    const { record, log, exporter } = this.#options;
    const isNews = record.failed('retrying', outcome.reason);
    if (isNews) log.warn({ exporter: exporter.name, reason: outcome.reason }, 'points wait: trying again');
    return this.#schedule.retryAfter(outcome.afterMs);
  }

  #hold(outcome: Extract<ExportOutcome, { kind: 'hold' }>): number {
    const { record, log, exporter } = this.#options;
    const isNews = record.failed('holding', outcome.reason);
    if (isNews) log.error({ exporter: exporter.name, reason: outcome.reason }, 'points are held back');
    return this.#schedule.holdAfter();
  }

  #acceptPartly(outcome: Extract<ExportOutcome, { kind: 'partial' }>, work: Work): void {
    const points = work.parts.finish();
    // A server that does not say how many refused one at least.
    const rejected = Math.min(points, outcome.rejected ?? 1);
    work.tally.exported += points - rejected;
    work.tally.rejected += rejected;
    if (rejected > 0) this.#warnRejected(rejected, outcome.reason);
  }

  /** Halves the part; what cannot be halved, or not worth it any more, is given up. */
  async #narrow(reason: string, work: Work): Promise<void> {
    work.splits += 1;
    if (work.splits > MAX_SPLITS) {
      const points = work.parts.finish();
      work.tally.rejected += points;
      this.#warnRejected(points, reason);
      return;
    }
    const remainder = await work.parts.split();
    if (remainder === undefined) return;
    work.tally.rejected += remainder.points;
    if (remainder.line !== undefined) this.#options.record.buried(remainder.line, reason);
    this.#warnRejected(remainder.points, reason, remainder.line);
  }

  #warnRejected(points: number, reason: string, line?: string): void {
    const { log, exporter } = this.#options;
    const context = { exporter: exporter.name, points, reason, ...(line && { line: line.slice(0, 200) }) };
    log.warn(context, 'points were refused for good');
  }
}

import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Database } from '../core/database.ts';
import type { Exporter, PointBatch } from '../core/exporter.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { Point } from '../core/point.ts';
import type { ExporterStatus, OutboxStatus } from '../core/status.ts';
import { Batcher } from './batcher.ts';
import { settledOrAborted, startDeadline } from './deadline.ts';
import { DirectSender } from './direct-sender.ts';
import { ExporterRecord } from './exporter-record.ts';
import { Outbox, outboxSchema } from './outbox.ts';
import { RateMeter } from './rate-meter.ts';
import { Sender } from './sender.ts';

export interface DeliveryOptions {
  readonly exporters: readonly Exporter[];
  /** Compressed bytes that may wait on disk for a durable exporter. */
  readonly outboxBytes: number;
  /** How long after a flush this agent begins to send: the agents of a fleet flush at the same moment. */
  readonly offsetMs: number;
}

export interface DeliveryParts {
  readonly database: Database;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** The share of the agent's last two seconds that sending may take. */
const LAST_ATTEMPT_MS = 1500;

/**
 * What is published goes to every exporter: `publish` in pieces, `seal`, then capture and commit with the rest of
 * the agent's state. Durable exporters take their batches from the outbox on disk, in order, until they have
 * them; the others get each batch once. In the end published = exported + rejected + dropped + waiting.
 */
export class Delivery implements Component, Checkpointed, HealthSource {
  readonly name = 'delivery';
  readonly schema = outboxSchema;
  readonly #options: DeliveryOptions;
  readonly #parts: DeliveryParts;
  readonly #outbox: Outbox;
  readonly #records: ReadonlyMap<string, ExporterRecord>;
  readonly #senders = new Map<string, Sender>();
  readonly #directSenders = new Map<string, DirectSender>();
  readonly #batcher = new Batcher();
  readonly #rate = new RateMeter();
  #loading: Promise<void> = Promise.resolve();
  /** Sealed, and not yet given to the exporters that are not durable. */
  #sealed: PointBatch[] = [];

  constructor(options: DeliveryOptions, parts: DeliveryParts) {
    this.#options = options;
    this.#parts = parts;
    const { clock } = parts;
    this.#records = new Map(options.exporters.map((e) => [e.name, new ExporterRecord(e, clock)]));
    this.#outbox = new Outbox(parts.database, {
      exporters: options.exporters.filter(({ durable }) => durable).map(({ name }) => name),
      maxBytes: options.outboxBytes,
      onDrop: (exporter, points) => this.#dropped(exporter, points),
    });
    for (const exporter of options.exporters) this.#addSender(exporter);
  }

  /** Resolves at once; what an earlier run left is found, and sending begins, behind the start. */
  async start(): Promise<void> {
    this.#loading = this.#load();
  }

  /** One more delivery of what is committed, as far as `deadline` allows; the rest stays on disk. */
  async stop(deadline: AbortSignal): Promise<void> {
    const senders = [...this.#senders.values(), ...this.#directSenders.values()];
    const attempt = startDeadline(this.#parts.clock, LAST_ATTEMPT_MS, deadline);
    await settledOrAborted(this.#loading, attempt.signal);
    await Promise.all(senders.map((sender) => sender.stop(attempt.signal)));
    attempt.end();
    await this.#saveProgress();
  }

  /** Hot: encodes. The points may be reused afterwards. */
  publish(points: readonly Point[]): void {
    if (this.#options.exporters.length > 0) this.#batcher.add(points);
  }

  /** Compresses what was published since the last seal, off the main thread; then it is ready for `capture`. */
  async seal(): Promise<void> {
    const batches = await this.#batcher.take();
    const { clock } = this.#parts;
    for (const batch of batches) this.#outbox.add(batch, clock.wallMs());
    this.#sealed.push(...batches);
    this.#rate.add(
      batches.reduce((sum, batch) => sum + batch.gzip.length, 0),
      clock.monotonicMs(),
    );
  }

  async restore(): Promise<void> {
    await this.#outbox.restore(this.#parts.clock.wallMs()).catch((error) => this.#unreadable(error));
  }

  capture(): CapturedState {
    const captured = this.#outbox.capture();
    return {
      statements: () => captured.statements(),
      committed: () => {
        captured.committed();
        this.#handOver();
        for (const sender of this.#senders.values()) sender.notify();
      },
      abandoned: () => {
        captured.abandoned();
        this.#handOver();
        // The transaction may have failed for want of room, which acknowledged batches can give.
        void this.#saveProgress();
      },
    };
  }

  /** Looks at once whether exporters that wait or hold can go on: credentials were changed, say. */
  poke(): void {
    for (const sender of this.#senders.values()) sender.poke();
  }

  exporterStatus(): readonly ExporterStatus[] {
    return this.#options.exporters.map(({ name }) => this.#recordOf(name).status(this.#waiting(name)));
  }

  /** Undefined without a durable exporter. */
  outboxStatus(): OutboxStatus | undefined {
    const backlogs = [...this.#senders.keys()].map((name) => this.#outbox.waiting(name));
    const [largest] = backlogs.sort((a, b) => b.bytes - a.bytes);
    if (largest === undefined) return undefined;
    const { outboxBytes } = this.#options;
    const rate = this.#rate.bytesPerSecond();
    return {
      bytes: largest.bytes,
      maxBytes: outboxBytes,
      points: largest.points,
      oldestMs: this.#ageMs(largest),
      ...(rate !== undefined && { remainingSeconds: Math.max(0, outboxBytes - largest.bytes) / rate }),
    };
  }

  degradations(): readonly Degradation[] {
    return [...this.#records.values()].flatMap((record) => record.degradations());
  }

  #addSender(exporter: Exporter): void {
    const { clock, log, random } = this.#parts;
    const shared = { exporter, record: this.#recordOf(exporter.name), clock, log };
    if (exporter.durable) {
      const { offsetMs } = this.#options;
      const sender = new Sender({ ...shared, random, outbox: this.#outbox, offsetMs });
      this.#senders.set(exporter.name, sender);
    } else {
      this.#directSenders.set(exporter.name, new DirectSender(shared));
    }
  }

  async #load(): Promise<void> {
    if (this.#senders.size > 0) await this.#outbox.load().catch((error) => this.#unreadable(error));
    for (const sender of this.#senders.values()) sender.start();
  }

  #unreadable(error: unknown): void {
    this.#parts.log.error({ err: error }, 'the outbox of an earlier run cannot be read');
  }

  #handOver(): void {
    for (const sender of this.#directSenders.values()) sender.send(this.#sealed);
    this.#sealed = [];
  }

  async #saveProgress(): Promise<void> {
    try {
      await this.#outbox.save();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'what was delivered cannot be noted: it will be sent again');
    }
  }

  #waiting(name: string): Pick<ExporterStatus, 'waitingPoints' | 'waitingMs'> {
    const waiting = this.#directSenders.get(name)?.waiting() ?? this.#outbox.waiting(name);
    return { waitingPoints: waiting.points, waitingMs: this.#ageMs(waiting) };
  }

  #ageMs(waiting: { readonly points: number; readonly oldestMs: number }): number {
    return waiting.points === 0 ? 0 : Math.max(0, this.#parts.clock.wallMs() - waiting.oldestMs);
  }

  #dropped(exporter: string, points: number): void {
    this.#recordOf(exporter).dropped(points);
    this.#parts.log.warn({ exporter, points }, 'points were lost: the outbox is full');
  }

  #recordOf(name: string): ExporterRecord {
    const record = this.#records.get(name);
    if (record === undefined) throw new Error(`bug: no exporter ${name}`);
    return record;
  }
}

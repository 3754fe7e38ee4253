import type { Database } from '../../agent/core/database.ts';
import type { Exporter } from '../../agent/core/exporter.ts';
import { PointSeries } from '../../agent/core/point.ts';
import type { ExporterStatus } from '../../agent/core/status.ts';
import { Delivery } from '../../agent/delivery/delivery.ts';
import { Checkpointer } from '../../agent/flush/checkpointer.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';

const MAX_TURNS = 100_000;

/** A delivery with everything around it, whose flushes and time are the test's. */
export class DeliveryRig {
  readonly clock = new ManualClock();
  readonly log = new SilentLogger();
  readonly delivery: Delivery;
  /** Lines that were published, without newlines, in order. */
  readonly published: string[] = [];
  readonly #checkpointer: Checkpointer;

  constructor(database: Database, exporters: readonly Exporter[], outboxBytes = 64 << 20) {
    const options = { exporters, outboxBytes, offsetMs: 250 };
    this.delivery = new Delivery(options, { database, clock: this.clock, random: () => 0, log: this.log });
    this.#checkpointer = new Checkpointer([this.delivery], database);
  }

  async start(): Promise<this> {
    await this.#checkpointer.restore();
    await this.delivery.start();
    return this;
  }

  publish(count: number): void {
    for (let i = 0; i < count; i++) {
      const sequence = this.published.length;
      const series = new PointSeries('inference', { model: `m${sequence}` });
      const timestampMs = 1_800_000_000_000;
      this.delivery.publish([{ series, fields: { requests: sequence }, timestampMs }]);
      this.published.push(`inference,model=m${sequence} requests=${sequence}i ${timestampMs}`);
    }
  }

  /** Rejects when the transaction does. */
  async commit(): Promise<void> {
    await this.delivery.seal();
    await this.#checkpointer.commit();
  }

  /** Publishes and commits, and lets the senders begin. */
  async flush(count: number): Promise<void> {
    this.publish(count);
    await this.commit();
    await this.clock.advance(1000);
  }

  /** Lets the event loop turn until `condition` holds; compression takes its own time. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      if (condition()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`never true: ${condition}`);
  }

  /** Until nothing waits for the exporter, moving time on where it waits. */
  async drain(name = 'scripted'): Promise<void> {
    for (let step = 0; step < 20_000; step++) {
      if (this.status(name).waitingPoints === 0) return;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await this.clock.advance(10_000);
    }
    throw new Error(`${this.status(name).waitingPoints} points wait for ever`);
  }

  status(name = 'scripted'): ExporterStatus {
    const status = this.delivery.exporterStatus().find((each) => each.name === name);
    if (status === undefined) throw new Error(`no exporter ${name}`);
    return status;
  }

  /** Every point is somewhere: what this adds up to is what was published. */
  accountedFor(name = 'scripted'): number {
    const { pointsExported, pointsRejected, pointsDropped, waitingPoints } = this.status(name);
    return pointsExported + pointsRejected + pointsDropped + waitingPoints;
  }
}

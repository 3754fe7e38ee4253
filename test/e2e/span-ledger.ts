import { randomBytes } from 'node:crypto';
import { pause } from '../poll.ts';
import { type Ack, type BatchMessage, SpanClient, type SpanRow } from '../span-client.ts';

/** A batch that the agent acknowledged, as its sender remembers it. */
interface AckedBatch {
  /** Completion of each of its spans, Unix ms. */
  readonly endsMs: readonly number[];
  readonly ackedMs: number;
  readonly ack: Ack;
}

const BATCH_EVERY_MS = 50;

/**
 * One producer that knows what it sent: a batch is repeated with its sequence until it is acknowledged, so that what
 * is acknowledged can be compared with what a store has in the end.
 */
export class SpanLedger {
  readonly model: string;
  readonly acked: AckedBatch[] = [];
  readonly #address: string;
  readonly #spansPerBatch: number;
  readonly #producerId = randomBytes(16);
  #sequence = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(address: string, model: string, spansPerSecond: number) {
    this.#address = address;
    this.model = model;
    this.#spansPerBatch = Math.max(1, Math.round((spansPerSecond * BATCH_EVERY_MS) / 1000));
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const spans = Array.from({ length: this.#spansPerBatch }, (_, index) => createSpan(this.model, index));
      await this.#deliver({ producerId: this.#producerId, sequence: ++this.#sequence, spans });
      await pause(BATCH_EVERY_MS);
    }
  }

  /** Repeats until acknowledged, with a channel of its own each time: the agent may be another process by now. */
  async #deliver(batch: BatchMessage): Promise<void> {
    for (;;) {
      const client = new SpanClient(this.#address);
      try {
        const ack = await client.report(batch);
        this.acked.push({ endsMs: (batch.spans ?? []).map(endMs), ackedMs: Date.now(), ack });
        return;
      } catch {
        await pause(BATCH_EVERY_MS);
      } finally {
        client.close();
      }
    }
  }
}

function createSpan(model: string, index: number): SpanRow {
  const durationNs = 1_000_000n + BigInt(index) * 10_000n;
  const endNs = BigInt(Date.now()) * 1_000_000n;
  return {
    model,
    variant: 'fp16',
    startUnixNano: String(endNs - durationNs),
    durationNano: String(durationNs),
    status: 'STATUS_OK',
  };
}

function endMs(span: SpanRow): number {
  return Number((BigInt(span.startUnixNano) + BigInt(span.durationNano)) / 1_000_000n);
}

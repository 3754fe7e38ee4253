import type { Backoff } from './backoff.ts';
import { BATCH_SPANS, type BatchQueue } from './batch-queue.ts';
import type { ClientClock, Scheduled } from './clock.ts';
import { type ErrorReporter, errorMessage } from './error-reporter.ts';
import type { SpanBuffer } from './span-buffer.ts';
import type { BatchAck, SpanStream, StreamFailure, Transport } from './transport.ts';

const ANSWER_TIMEOUT_MS = 10_000;

export interface SenderParts {
  readonly buffer: SpanBuffer;
  readonly queue: BatchQueue;
  readonly transport: Transport;
  readonly backoff: Backoff;
  readonly clock: ClientClock;
  readonly errors: ErrorReporter;
}

/**
 * Moves spans from the buffer to the agent over one stream. A batch is kept until it is answered, and goes out
 * again with its sequence on the next stream, so that the agent counts it once. A timer runs only while
 * something waits or the stream is open, and the stream ends when nothing is left to send: an idle client costs
 * nothing and holds no process back.
 */
export class BatchSender {
  readonly #parts: SenderParts;
  readonly #flushIntervalMs: number;
  #stream: SpanStream | undefined;
  #timer: Scheduled | undefined;
  #failed = false;
  #backingOff = false;
  /** Monotonic time of the last answer, or of the first batch sent after all were answered. */
  #progressMs = 0;
  #finish: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  readonly counts = { sent: 0, accepted: 0, rejected: 0, dropped: 0, reconnects: 0 };

  constructor(parts: SenderParts, flushIntervalMs: number) {
    this.#parts = parts;
    this.#flushIntervalMs = flushIntervalMs;
    parts.buffer.wake = () => this.#wake();
  }

  /** Takes no more spans. Resolves when the last one is answered, or at the deadline, when what is left is dropped. */
  close(deadlineMs: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const deadline = this.#parts.clock.schedule(deadlineMs, () => this.#finish?.(), true);
      this.#finish = () => {
        this.#finish = undefined;
        deadline.cancel();
        this.#shutDown();
        resolve();
      };
      this.#parts.buffer.seal();
      this.#backingOff = false;
      this.#pump();
      this.#finishIfDone();
    });
    return this.#closed;
  }

  /** A span found `wakeAt` waiting: the first one after a silence, or a whole batch. */
  #wake(): void {
    const { buffer, clock } = this.#parts;
    if (buffer.count < BATCH_SPANS) {
      this.#await();
    } else {
      buffer.wakeAt = Number.POSITIVE_INFINITY;
      clock.soon(() => this.#pump());
    }
  }

  #tick(): void {
    this.#timer = undefined;
    this.#backingOff = false;
    if (this.#isIdle()) {
      this.#stream?.end();
      this.#stream = undefined;
      this.#await();
    } else if (this.#isStalled()) {
      this.#fail({ message: `no answer for ${ANSWER_TIMEOUT_MS / 1000} s`, refusesBatch: false });
    } else {
      this.#pump();
    }
  }

  /** Sends what may be sent now. */
  #pump(): void {
    if (this.#backingOff) return;
    const { queue, clock } = this.#parts;
    if (queue.isEmpty) this.#progressMs = clock.monotonicMs();
    this.counts.sent += queue.fill();
    if (!queue.isEmpty) this.#sendUnsent();
    this.#await();
  }

  #sendUnsent(): void {
    try {
      this.#stream ??= this.#open();
      for (const batch of this.#parts.queue.takeUnsent()) this.#stream.send(batch.bytes);
    } catch (error) {
      this.#fail({ message: errorMessage(error), refusesBatch: false });
    }
  }

  #open(): SpanStream {
    if (this.#failed) this.counts.reconnects++;
    this.#failed = false;
    this.#progressMs = this.#parts.clock.monotonicMs();
    const stream: SpanStream = this.#parts.transport.open({
      ack: (ack) => {
        if (stream === this.#stream) this.#answered(ack);
      },
      closed: (failure) => {
        if (stream === this.#stream) this.#streamClosed(failure);
      },
    });
    return stream;
  }

  #answered(ack: BatchAck): void {
    const { buffer, queue, clock, backoff, errors } = this.#parts;
    const batch = queue.answered(ack.sequence);
    if (batch === undefined) return;
    const rejected = Math.min(ack.rejected, batch.spans);
    this.counts.accepted += batch.spans - rejected;
    this.counts.rejected += rejected;
    if (rejected > 0) {
      errors.report(
        'refused',
        `${rejected} of ${batch.spans} spans: ${ack.rejections[0]?.reason ?? 'no reason given'}`,
      );
    }
    backoff.reset();
    this.#progressMs = clock.monotonicMs();
    if (buffer.count >= BATCH_SPANS || this.#finish) this.#pump();
    this.#finishIfDone();
    this.#await();
  }

  #streamClosed(failure: StreamFailure | undefined): void {
    if (failure !== undefined) this.#fail(failure);
    else if (this.#parts.queue.isEmpty) this.#stream = undefined;
    else this.#fail({ message: 'the agent ended the stream', refusesBatch: false });
  }

  #fail(failure: StreamFailure): void {
    const { queue, transport, backoff, errors } = this.#parts;
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#failed = true;
    transport.reset();
    queue.streamLost();
    if (failure.refusesBatch) this.counts.rejected += queue.removeOldest()?.spans ?? 0;
    errors.report(failure.refusesBatch ? 'refused' : 'connection', failure.message);
    this.#backingOff = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#await(backoff.nextMs());
    this.#finishIfDone();
  }

  /** Decides what the next span or timer is to wake. */
  #await(delayMs = this.#flushIntervalMs): void {
    const { buffer, queue, clock } = this.#parts;
    if (this.#isIdle() && this.#stream === undefined && !this.#backingOff) {
      buffer.wakeAt = 1;
      return;
    }
    buffer.wakeAt = this.#backingOff || queue.isFull ? Number.POSITIVE_INFINITY : BATCH_SPANS;
    this.#timer ??= clock.schedule(delayMs, () => this.#tick());
  }

  #isIdle(): boolean {
    return this.#parts.buffer.count === 0 && this.#parts.queue.isEmpty;
  }

  #isStalled(): boolean {
    const waitedMs = this.#parts.clock.monotonicMs() - this.#progressMs;
    return this.#stream !== undefined && !this.#parts.queue.isEmpty && waitedMs > ANSWER_TIMEOUT_MS;
  }

  #finishIfDone(): void {
    if (this.#isIdle()) this.#finish?.();
  }

  #shutDown(): void {
    const { buffer, queue, transport } = this.#parts;
    this.counts.dropped += buffer.count + queue.spans;
    if (this.#isIdle()) this.#stream?.end();
    else this.#stream?.cancel();
    this.#stream = undefined;
    buffer.release(buffer.count);
    while (queue.removeOldest());
    this.#timer?.cancel();
    this.#timer = undefined;
    transport.reset();
  }
}

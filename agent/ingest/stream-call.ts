import { status } from '@grpc/grpc-js';
import type { DirectCall } from './direct-calls.ts';
import { type CallContext, SpanCall } from './span-call.ts';
import type { SpanIntake } from './span-intake.ts';

/** Longer than any client's flush interval; a stream costs nothing but its place among those allowed. */
const IDLE_LIMIT_MS = 600_000;
/** Acks on their way to a client; beyond, its batches are read no further until it takes some. */
const MAX_WAITING_ACKS = 1024;

/** A call of `Stream`: an ack for each batch, in order, until one does not parse. */
export class StreamCall extends SpanCall {
  readonly limitMs = IDLE_LIMIT_MS;
  #waitingAcks = 0;
  #isHeld = false;
  readonly #intake: SpanIntake;

  constructor(call: DirectCall, context: CallContext, intake: SpanIntake) {
    super(call, context);
    this.#intake = intake;
  }

  onReceiveMessage(bytes: Uint8Array): void {
    if (this.isEnded) return;
    this.activeMs = this.context.calls.nowMs;
    const receipt = this.#intake.receive(bytes, 'stream');
    this.received.release();
    if (receipt.kind === 'malformed') {
      this.end(status.INVALID_ARGUMENT, receipt.reason);
      return;
    }
    this.#waitingAcks++;
    this.call.sendMessage(receipt, this.#acked);
    if (this.#waitingAcks < MAX_WAITING_ACKS) this.call.startRead();
    else if (this.context.calls.hold()) this.#isHeld = true;
    else this.refuse('overload');
  }

  onReceiveHalfClose(): void {
    this.end(status.OK, 'OK');
  }

  override onCancel(): void {
    super.onCancel();
    this.#resume();
  }

  /** Whether it stood still. */
  #resume(): boolean {
    if (!this.#isHeld) return false;
    this.#isHeld = false;
    this.context.calls.resume();
    return true;
  }

  readonly #acked = (): void => {
    this.#waitingAcks--;
    if (this.#resume()) this.call.startRead();
  };
}

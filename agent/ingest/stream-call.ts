import { status } from '@grpc/grpc-js';
import { SpanCall } from './span-call.ts';

/** Longer than any client's flush interval; a stream costs nothing but its place among those allowed. */
const IDLE_LIMIT_MS = 600_000;
/** Acks on their way to a client; beyond, its batches are read no further until it takes some. */
const MAX_WAITING_ACKS = 1024;

/** A call of `Stream`: an ack for each batch, in order, until one does not parse. */
export class StreamCall extends SpanCall {
  readonly limitMs = IDLE_LIMIT_MS;
  #waitingAcks = 0;
  #isHeld = false;

  onReceiveMessage(bytes: Uint8Array): void {
    if (this.isEnded) return;
    this.activeMs = this.context.calls.nowMs;
    const receipt = this.context.intake.receive(bytes, 'stream');
    if (receipt.kind === 'malformed') {
      this.end(status.INVALID_ARGUMENT, receipt.reason);
      return;
    }
    this.#waitingAcks++;
    this.call.sendMessage(receipt, this.#acked);
    this.#isHeld = this.#waitingAcks >= MAX_WAITING_ACKS;
    if (!this.#isHeld) this.call.startRead();
  }

  onReceiveHalfClose(): void {
    this.end(status.OK, 'OK');
  }

  readonly #acked = (): void => {
    this.#waitingAcks--;
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.call.startRead();
  };
}

import { status } from '@grpc/grpc-js';
import { SpanCall } from './span-call.ts';

/** A client on a working network needs a fraction of it for the largest message. */
const LIMIT_MS = 30_000;

/** A call of `Report`: one batch, one ack. */
export class ReportCall extends SpanCall {
  readonly limitMs = LIMIT_MS;
  #message: Uint8Array | undefined;

  onReceiveMessage(bytes: Uint8Array): void {
    if (this.#message !== undefined) {
      this.end(status.INVALID_ARGUMENT, 'a call with more than one message');
      return;
    }
    this.#message = bytes;
    this.call.startRead();
  }

  onReceiveHalfClose(): void {
    if (this.isEnded) return;
    if (this.#message === undefined) {
      this.end(status.INVALID_ARGUMENT, 'a call without a message');
      return;
    }
    const receipt = this.context.intake.receive(this.#message, 'report');
    if (receipt.kind === 'malformed') {
      this.end(status.INVALID_ARGUMENT, receipt.reason);
      return;
    }
    this.call.sendMessage(receipt, () => {});
    this.end(status.OK, 'OK');
  }
}

import { status } from '@grpc/grpc-js';
import { SpanCall } from './span-call.ts';

/** A client on a working network needs a fraction of it for the largest message. */
const LIMIT_MS = 30_000;

/** A call of one message and one answer. */
export abstract class UnaryCall extends SpanCall {
  readonly limitMs = LIMIT_MS;
  #message: Uint8Array | undefined;

  /** Ends the call, by `reply` or with another status; `message` is void then. */
  protected abstract answer(message: Uint8Array): void;

  onReceiveMessage(bytes: Uint8Array): void {
    if (this.#message !== undefined) {
      this.end(status.INVALID_ARGUMENT, 'a call with more than one message');
      return;
    }
    if (!this.received.hold(bytes)) return;
    this.#message = bytes;
    this.call.startRead();
  }

  onReceiveHalfClose(): void {
    if (this.isEnded) return;
    if (this.#message === undefined) this.end(status.INVALID_ARGUMENT, 'a call without a message');
    else this.answer(this.#message);
  }

  /** `message`: what the method's `responseSerialize` takes. */
  protected reply(message: object): void {
    this.call.sendMessage(message, () => {});
    this.end(status.OK, 'OK');
  }
}

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

type NextCall = Parameters<ServerInterceptor>[1];

/** Acks on their way to a client; beyond, the stream is read no further until it takes some. */
const MAX_WAITING = 1024;

/**
 * Lets a stream have many responses under way. grpc-js waits until each is written before it takes the next, so that
 * every ack of a busy stream costs a system call of its own; taken at once, those of one turn leave together.
 */
export const eagerResponses: ServerInterceptor = (method, call) =>
  method.responseStream ? new EagerCall(call) : new ServerInterceptingCall(call);

class EagerCall extends ServerInterceptingCall {
  #waiting = 0;
  #held: (() => void) | undefined;

  constructor(next: NextCall) {
    super(next);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#waiting++;
    super.sendMessage(message, () => this.#written());
    if (this.#waiting < MAX_WAITING) callback();
    else this.#held = callback;
  }

  #written(): void {
    this.#waiting--;
    const held = this.#held;
    this.#held = undefined;
    held?.();
  }
}

import { type Metadata, status } from '@grpc/grpc-js';
import type { TokenFile } from '../listen/token-file.ts';
import type { CallListener, DirectCall } from './direct-calls.ts';
import { MessageReceiver, type ReceiveLimits, type ReceiveRefusal, receiveInto } from './message-receiver.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';
import type { RefusalCounter } from './refusal-counter.ts';

const NO_SLOT = -1;

/** Who may call at an address. */
export interface CallContext {
  readonly calls: OpenCalls;
  readonly receiving: ReceiveLimits;
  readonly refusals: RefusalCounter;
  /** Calls need one of them; undefined: none. */
  readonly tokens: TokenFile | undefined;
}

/** A call that is served directly, from its admission, before any message is read, to its one status. */
export abstract class SpanCall implements OpenCall, CallListener {
  abstract readonly limitMs: number;
  activeMs: number;
  slot = NO_SLOT;
  isEnded = false;
  protected readonly call: DirectCall;
  protected readonly context: CallContext;
  protected readonly received: MessageReceiver;

  constructor(call: DirectCall, context: CallContext) {
    this.call = call;
    this.context = context;
    this.activeMs = context.calls.nowMs;
    this.received = new MessageReceiver(context.receiving, (reason) => this.refuse(reason));
    receiveInto(this.received, call);
  }

  abstract onReceiveMessage(bytes: Uint8Array): void;

  abstract onReceiveHalfClose(): void;

  onReceiveMetadata(metadata: Metadata): void {
    if (this.context.calls.admit(this, metadata, this.context.tokens)) this.call.startRead();
  }

  /** Comes at the end of every call, however it ended: grpc-js ends those whose message it cannot unpack. */
  onCancel(): void {
    if (!this.isEnded && this.received.isUnpacking) this.context.refusals.count('not_unpacked');
    this.isEnded = true;
    this.received.close();
    this.context.calls.remove(this);
  }

  /** Ends the call; what is too much now may be sent again, as OTLP has it of servers that are overloaded. */
  protected refuse(reason: ReceiveRefusal): void {
    const { messageBytes } = this.context.receiving;
    this.context.refusals.count(reason);
    if (reason === 'too_large') {
      this.end(
        status.RESOURCE_EXHAUSTED,
        `a message larger than max: limits.message_bytes is ${messageBytes}`,
      );
    } else {
      this.end(status.UNAVAILABLE, 'too much is being received at a time: send it again');
    }
  }

  end(code: status, details: string): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.received.close();
    this.context.calls.remove(this);
    this.call.sendStatus({ code, details });
  }
}

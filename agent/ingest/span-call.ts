import type { Metadata, status } from '@grpc/grpc-js';
import type { TokenFile } from '../listen/token-file.ts';
import type { CallListener, DirectCall } from './direct-calls.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';

const NO_SLOT = -1;

/** Who may call at an address. */
export interface CallContext {
  readonly calls: OpenCalls;
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

  constructor(call: DirectCall, context: CallContext) {
    this.call = call;
    this.context = context;
    this.activeMs = context.calls.nowMs;
  }

  abstract onReceiveMessage(bytes: Uint8Array): void;

  abstract onReceiveHalfClose(): void;

  onReceiveMetadata(metadata: Metadata): void {
    if (this.context.calls.admit(this, metadata, this.context.tokens)) this.call.startRead();
  }

  /** Comes at the end of every call, however it ended. */
  onCancel(): void {
    this.isEnded = true;
    this.context.calls.remove(this);
  }

  end(code: status, details: string): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.context.calls.remove(this);
    this.call.sendStatus({ code, details });
  }
}

import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

/** A call as grpc-js's transport has it. What is sent is put in order, so that a status may follow a message at once. */
export type DirectCall = Parameters<ServerInterceptor>[1];

/** What serves a call, told of what comes, in order; the next message comes after the call's `startRead`. */
export type CallListener = Parameters<DirectCall['start']>[0];

/**
 * Lets the methods with these paths be served without the Node streams that grpc-js puts around each call, and without
 * its waiting until each message is written before the next, or the status, may follow: that halves what a unary
 * call costs beside HTTP/2 and lets the acks of a busy stream leave together (`npm run bench`, ingest). `report` hears of
 * what a method throws: a bug, which ends its call and no other.
 */
export function serveDirectly(
  methods: ReadonlyMap<string, (call: DirectCall) => CallListener>,
  report: (error: unknown) => void,
): ServerInterceptor {
  return ({ path }, call) => {
    const serve = methods.get(path);
    if (serve === undefined) return new ServerInterceptingCall(call);
    return new ServedCall(call, (served) => new GuardedListener(serve(served), served, report));
  };
}

/** Ends the call with INTERNAL when its listener throws. */
class GuardedListener implements CallListener {
  readonly #listener: CallListener;
  readonly #call: DirectCall;
  readonly #report: (error: unknown) => void;

  constructor(listener: CallListener, call: DirectCall, report: (error: unknown) => void) {
    this.#listener = listener;
    this.#call = call;
    this.#report = report;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#listener.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    try {
      this.#listener.onReceiveMessage(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  onReceiveHalfClose(): void {
    try {
      this.#listener.onReceiveHalfClose();
    } catch (error) {
      this.#fail(error);
    }
  }

  onCancel(): void {
    this.#listener.onCancel();
  }

  #fail(error: unknown): void {
    this.#report(error);
    this.#call.sendStatus({ code: status.INTERNAL, details: 'an error within the agent: see its log' });
  }
}

/** Keeps the call from the method's handler, which hears nothing of it. */
class ServedCall extends ServerInterceptingCall {
  readonly #call: DirectCall;
  readonly #serve: (call: DirectCall) => CallListener;

  constructor(call: DirectCall, serve: (call: DirectCall) => CallListener) {
    super(call);
    this.#call = call;
    this.#serve = serve;
  }

  override start(): void {
    this.#call.start(this.#serve(this.#call));
  }
}

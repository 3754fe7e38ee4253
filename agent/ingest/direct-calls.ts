import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** A call as grpc-js's transport has it. What is sent is put in order, so that a status may follow a message at once. */
export type DirectCall = Parameters<ServerInterceptor>[1];

/** What serves a call, told of what comes, in order; the next message comes after the call's `startRead`. */
export type CallListener = Parameters<DirectCall['start']>[0];

/**
 * Lets the methods with these paths be served without the Node streams that grpc-js puts around each call, and without
 * its waiting until each message is written before the next, or the status, may follow: that halves what a unary
 * call costs beside HTTP/2 and lets the acks of a busy stream leave together (`npm run bench`, ingest).
 */
export function serveDirectly(
  methods: ReadonlyMap<string, (call: DirectCall) => CallListener>,
): ServerInterceptor {
  return ({ path }, call) => {
    const serve = methods.get(path);
    return serve === undefined ? new ServerInterceptingCall(call) : new ServedCall(call, serve);
  };
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

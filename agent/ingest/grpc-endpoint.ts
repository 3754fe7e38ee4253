import { Server, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import { ConnectionListener, type ConnectionListenerOptions } from './connection-listener.ts';
import { widenWindows } from './flow-control.ts';

export interface GrpcLimits {
  /** Longest message; longer ones end their call with RESOURCE_EXHAUSTED. */
  readonly messageBytes: number;
  /** Open calls of all connections together. */
  readonly streams: number;
}

/** Dead peers are found within a minute and a third, idle connections closed after an hour. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
const MAX_IDLE_MS = 3_600_000;

/** Services on one address. */
export class GrpcEndpoint {
  readonly #limits: GrpcLimits;
  readonly #options: Omit<ConnectionListenerOptions, 'maxConnections'>;
  #server: Server | undefined;
  #listener: ConnectionListener | undefined;

  constructor(options: Omit<ConnectionListenerOptions, 'maxConnections'>, limits: GrpcLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  async start(addServices: (server: Server) => void, interceptor: ServerInterceptor): Promise<void> {
    const { messageBytes, streams } = this.#limits;
    const server = new Server({
      'grpc.max_receive_message_length': messageBytes,
      'grpc.max_concurrent_streams': streams,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.max_connection_idle_ms': MAX_IDLE_MS,
      'grpc.enable_channelz': 0,
      interceptors: [interceptor],
    });
    addServices(server);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    widenWindows(server);
    this.#server = server;
    this.#listener = new ConnectionListener({ ...this.#options, maxConnections: streams }, (socket) =>
      injector.injectConnection(socket),
    );
    await this.#listener.start();
  }

  address() {
    return this.#listener?.address();
  }

  /** Takes no more connections and calls; resolves when those there are have ended. */
  close(): Promise<void> {
    this.#listener?.close();
    return new Promise((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.tryShutdown(() => resolve());
    });
  }

  /** Cuts what did not end. */
  destroy(): void {
    this.#listener?.destroyConnections();
    this.#server?.forceShutdown();
  }
}

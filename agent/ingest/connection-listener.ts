import {
  type AddressInfo,
  createServer,
  type ListenOptions as NetListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createListenError } from '../listen/listen-failure.ts';
import type { TlsFiles, TlsMaterial } from '../listen/tls-files.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface ConnectionListenerOptions {
  /** Config key, for the error. */
  readonly key: string;
  /** As the config has it, for the error. */
  readonly address: string;
  readonly target: Pick<NetListenOptions, 'host' | 'port' | 'path'>;
  readonly tls?: TlsFiles;
  readonly maxConnections: number;
}

/**
 * A listening socket whose connections, behind TLS where there are certificates, go to `accept`. It stands before
 * grpc-js, which takes connections from outside, because only so the system's error code, the certificates'
 * change and the number of connections are in our hands.
 */
export class ConnectionListener {
  readonly #options: ConnectionListenerOptions;
  readonly #accept: (socket: Socket) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: ConnectionListenerOptions, accept: (socket: Socket) => void) {
    this.#options = options;
    this.#accept = accept;
  }

  /** Rejects with the config key and what to do. */
  async start(): Promise<void> {
    const { key, address, target, maxConnections } = this.#options;
    const server = this.#create();
    this.#server = server;
    server.maxConnections = maxConnections;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(target, () => {
          server.off('error', reject);
          // Later errors are connections that could not be accepted (no file descriptor left): clients try again.
          server.on('error', () => {});
          resolve();
        });
      });
    } catch (cause) {
      throw createListenError({ key, address, cause });
    }
  }

  /** Where it listens really; a path for a Unix socket. */
  address(): AddressInfo | string | undefined {
    return this.#server?.address() ?? undefined;
  }

  /** Takes no more connections. */
  close(): void {
    this.#server?.close();
    this.#options.tls?.stop();
  }

  /** Cuts the connections there are. */
  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #create(): Server {
    const { tls } = this.#options;
    if (tls === undefined) return createServer({ noDelay: true }, (socket) => this.#take(socket));
    const server = createTlsServer(tlsOptions(tls.load()), (socket) => this.#take(socket));
    tls.onChange((material) => server.setSecureContext(material));
    // A connection that fails its handshake concerns nobody else.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    this.#accept(socket);
  }
}

function tlsOptions(material: TlsMaterial): TlsOptions {
  return {
    ...material,
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    requestCert: material.ca !== undefined,
    rejectUnauthorized: material.ca !== undefined,
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Degradation } from '../core/health.ts';
import { formatListenAddress } from '../core/listen-address.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { Logger } from '../core/logger.ts';
import { createListenError } from './listen-failure.ts';
import { parseListenTarget } from './listen-target.ts';
import { TlsFiles } from './tls-files.ts';
import { TokenFile } from './token-file.ts';

/** Who can reach an address, and what they need. */
export interface HttpAccess {
  /** The address that is listened on. */
  readonly host: string;
  readonly encrypted: boolean;
  /** Absent: no token is needed. */
  readonly tokens: TokenFile | undefined;
}

export interface HttpListenerOptions {
  /** Config key, for messages: `listen.http`. */
  readonly key: string;
  readonly listen: ListenOptions;
  /** Makes what answers requests, each time the address is opened; admission is its own affair. */
  readonly createHandler: (access: HttpAccess) => HttpHandler;
  /** How long a request may take to arrive. Default: Node's 5 minutes. */
  readonly requestTimeoutMs?: number;
  /** How long a connection without a request is kept. Default: Node's 5 s. */
  readonly keepAliveMs?: number;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const RETRY_EVERY_MS = 10_000;
/** Pages, streams, scrapers and probes together stay far below. */
const MAX_CONNECTIONS = 256;

/**
 * One address that HTTP is served on. It never fails to start: an address that cannot be opened now (a busy port,
 * a certificate that is not there yet) is trouble to be shown, and is tried again, because spans come in elsewhere.
 */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #server: Server | undefined;
  #tls: TlsFiles | undefined;
  #retrying: Promise<void> | undefined;
  #trouble: Degradation | undefined;

  constructor(options: HttpListenerOptions, clock: Clock, log: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  async start(): Promise<void> {
    if (!(await this.#tryOpen())) this.#retrying = this.#retry();
  }

  /** Takes no new request, and lets the ones under way finish until `deadline`. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    await this.#retrying;
    this.#tls?.stop();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const giveUp = (): void => server.closeAllConnections();
    if (deadline.aborted) giveUp();
    else deadline.addEventListener('abort', giveUp, { once: true });
    await closed;
    deadline.removeEventListener('abort', giveUp);
  }

  /** Where it can be reached, with the port that was really opened; undefined while it is closed. */
  get address(): string | undefined {
    const bound = this.#server?.address() as AddressInfo | null | undefined;
    return bound ? formatListenAddress({ host: bound.address, port: bound.port }) : undefined;
  }

  degradations(): readonly Degradation[] {
    return this.#trouble === undefined ? [] : [this.#trouble];
  }

  async #retry(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.#clock.sleep(RETRY_EVERY_MS, signal);
      if (signal.aborted || (await this.#tryOpen())) return;
    }
  }

  async #tryOpen(): Promise<boolean> {
    try {
      await this.#open();
      if (this.#trouble !== undefined)
        this.#log.info({ address: this.address }, `${this.#options.key} is open`);
      this.#trouble = undefined;
      return true;
    } catch (cause) {
      this.#tls?.stop();
      this.#report(cause);
      return false;
    }
  }

  #report(cause: unknown): void {
    const { key, listen } = this.#options;
    const { message } = createListenError({ key, address: listen.address, cause });
    // The key stands in `component` already.
    const advice = message.replace(`${key}: `, '');
    const reason = `${advice}; trying again every ${RETRY_EVERY_MS / 1000} s`;
    if (this.#trouble?.reason !== reason) this.#log.error({ err: cause }, `${key}: ${reason}`);
    this.#trouble = { component: key, reason, sinceMs: this.#trouble?.sinceMs ?? this.#clock.wallMs() };
  }

  async #open(): Promise<void> {
    const address = parseListenTarget(this.#options.listen.address);
    const { createHandler, requestTimeoutMs, keepAliveMs } = this.#options;
    const server = this.#createServer(createHandler(this.#createAccess(address.host)));
    server.maxConnections = MAX_CONNECTIONS;
    if (requestTimeoutMs !== undefined) server.requestTimeout = requestTimeoutMs;
    if (keepAliveMs !== undefined) server.keepAliveTimeout = keepAliveMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, () => resolve());
    });
    server.removeAllListeners('error');
    server.on('error', (error) =>
      this.#log.error({ err: error }, `${this.#options.key}: trouble while listening`),
    );
    this.#server = server;
  }

  #createAccess(host: string): HttpAccess {
    const { listen } = this.#options;
    const tokens =
      listen.tokenFile === undefined ? undefined : new TokenFile(listen.tokenFile, this.#clock, this.#log);
    tokens?.load();
    return { host, encrypted: listen.tls !== undefined, tokens };
  }

  #createServer(serve: HttpHandler): Server {
    const { tls } = this.#options.listen;
    if (tls === undefined) return createServer(serve);
    this.#tls = new TlsFiles(tls, this.#clock, this.#log);
    const requestCert = tls.clientCaFile !== undefined;
    const server = createTlsServer(
      { ...this.#tls.load(), requestCert, rejectUnauthorized: requestCert },
      serve,
    );
    this.#tls.onChange((material) => server.setSecureContext(material));
    return server;
  }
}

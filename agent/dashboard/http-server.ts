import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { Logger } from '../core/logger.ts';
import { type HttpAccess, type HttpHandler, HttpListener } from '../listen/http-listener.ts';
import { answerError } from './answers.ts';
import { isWritable } from './baseline-paths.ts';
import type { DashboardSources } from './dashboard-sources.ts';
import { EventStreamHub } from './event-stream-hub.ts';
import type { PageApp } from './page-app.ts';
import { isProbe, serveProbe } from './probe-routes.ts';
import { RequestGuard, type RequestGuardOptions } from './request-guard.ts';

export interface HttpServerOptions {
  /** The page, the API, probes and metrics; absent: none. */
  readonly listen?: ListenOptions;
  /** Probes and metrics only, for those who must not see more; absent: none. */
  readonly healthListen?: ListenOptions;
  /** The folder of the built page. Default: beside this file. */
  readonly assets?: URL;
}

/** The HTTP interface. Whatever befalls it, `start` resolves: ingest does not depend on a page. */
export class HttpServer implements Component, HealthSource {
  readonly name = 'http';
  readonly #sources: DashboardSources;
  readonly #assets: URL;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #hub: EventStreamHub;
  readonly #page: HttpListener | undefined;
  readonly #health: HttpListener | undefined;
  #app: Promise<PageApp> | undefined;

  constructor(options: HttpServerOptions, sources: DashboardSources, clock: Clock, log: Logger) {
    this.#sources = sources;
    this.#assets = options.assets ?? new URL('./web/', import.meta.url);
    this.#clock = clock;
    this.#log = log;
    this.#hub = new EventStreamHub(sources.feed, clock, log);
    this.#page = this.#createPageListener(options.listen);
    this.#health = this.#createHealthListener(options.healthListen);
  }

  async start(): Promise<void> {
    await Promise.all([this.#page?.start(), this.#health?.start()]);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#hub.stop();
    await Promise.all([this.#page?.stop(deadline), this.#health?.stop(deadline)]);
  }

  degradations(): readonly Degradation[] {
    return [...(this.#page?.degradations() ?? []), ...(this.#health?.degradations() ?? [])];
  }

  /** The addresses that are open now, by config key. */
  get addresses(): { readonly http?: string; readonly health?: string } {
    const http = this.#page?.address;
    const health = this.#health?.address;
    return { ...(http === undefined ? {} : { http }), ...(health === undefined ? {} : { health }) };
  }

  #createPageListener(listen: ListenOptions | undefined): HttpListener | undefined {
    if (listen === undefined) return undefined;
    // The page itself holds no figures, and it is what asks for the token.
    const isPublic = (path: string): boolean => isProbe(path) || path === '/' || path.startsWith('/assets/');
    const handle = (request: IncomingMessage, response: ServerResponse, path: string): void => {
      if (!serveProbe(request, response, path, this.#sources)) void this.#servePage(request, response);
    };
    const createHandler = (access: HttpAccess): HttpHandler =>
      guarded({ ...access, isPublic, isWritable }, handle);
    return new HttpListener({ key: 'listen.http', listen, createHandler }, this.#clock, this.#log);
  }

  #createHealthListener(listen: ListenOptions | undefined): HttpListener | undefined {
    if (listen === undefined) return undefined;
    const handle = (request: IncomingMessage, response: ServerResponse, path: string): void => {
      if (serveProbe(request, response, path, this.#sources)) return;
      const message = 'this listener serves /healthz, /readyz and /metrics only';
      answerError(response, 404, { error: 'not_found', message });
    };
    const createHandler = (access: HttpAccess): HttpHandler =>
      guarded({ ...access, isPublic: isProbe, isWritable: () => false }, handle);
    return new HttpListener({ key: 'listen.health', listen, createHandler }, this.#clock, this.#log);
  }

  async #servePage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#app ??= this.#loadApp();
      (await this.#app)(request, response);
    } catch (error) {
      this.#app = undefined;
      this.#log.error({ err: error }, 'the page cannot be served');
      answerError(response, 500, {
        error: 'internal',
        message: 'the page cannot be served; the log says why',
      });
    }
  }

  async #loadApp(): Promise<PageApp> {
    const { createPageApp } = await import('./page-app.ts');
    const parts = { sources: this.#sources, hub: this.#hub, assets: this.#assets };
    return createPageApp({ ...parts, clock: this.#clock, log: this.#log });
  }
}

type PathHandler = (request: IncomingMessage, response: ServerResponse, path: string) => void;

/** Lets the guard see each request first. */
function guarded(options: RequestGuardOptions, handle: PathHandler): HttpHandler {
  const guard = new RequestGuard(options);
  return (request, response) => {
    const path = guard.admit(request, response);
    if (path !== undefined) handle(request, response, path);
  };
}

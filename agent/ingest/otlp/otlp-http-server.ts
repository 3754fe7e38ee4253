import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { Degradation, HealthSource } from '../../core/health.ts';
import type { ListenOptions } from '../../core/listen-options.ts';
import type { Logger } from '../../core/logger.ts';
import { type HttpAccess, type HttpHandler, HttpListener } from '../../listen/http-listener.ts';
import type { RefusalCounter } from '../refusal-counter.ts';
import type { ExportTap } from './forward/otlp-export.ts';
import { OtlpHttpRequests } from './otlp-http-requests.ts';
import type { OtlpIntake } from './otlp-intake.ts';

export interface OtlpHttpServerOptions {
  /** Absent: off. */
  readonly listen?: ListenOptions;
  /** Longest body, packed or not. */
  readonly messageBytes: number;
  readonly refusals: RefusalCounter;
  /** Sees the exports that are accepted. */
  readonly tap?: ExportTap | undefined;
}

/** A client on a working network needs a fraction of it for the largest body. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Exporters send every 5 s mostly: closed just then, a connection would take an export with it. */
const KEEP_ALIVE_MS = 65_000;

/** Serves OTLP/HTTP. Whatever befalls it, `start` resolves: spans also come in over gRPC. */
export class OtlpHttpServer implements Component, HealthSource {
  readonly name = 'otlp-http';
  readonly #listener: HttpListener | undefined;

  constructor(options: OtlpHttpServerOptions, intake: OtlpIntake, log: Logger, clock: Clock) {
    const { listen, tap, ...limits } = options;
    if (listen === undefined) return;
    const listenerOptions = {
      key: 'listen.otlp_http',
      listen,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      keepAliveMs: KEEP_ALIVE_MS,
      createHandler: ({ tokens }: HttpAccess): HttpHandler => {
        const requests = new OtlpHttpRequests({ intake, tap }, limits, tokens);
        return (request, response) => {
          requests.serve(request, response).catch((err) => {
            log.error({ err }, 'bug: an export could not be served');
            response.destroy();
          });
        };
      },
    };
    this.#listener = new HttpListener(listenerOptions, clock, log);
  }

  async start(): Promise<void> {
    await this.#listener?.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#listener?.stop(deadline);
  }

  degradations(): readonly Degradation[] {
    return this.#listener?.degradations() ?? [];
  }

  /** The address that is open now, by config key below `listen`. */
  addresses(): Readonly<Record<string, string>> {
    const address = this.#listener?.address;
    return address === undefined ? {} : { otlp_http: address };
  }
}

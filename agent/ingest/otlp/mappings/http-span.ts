import { EMPTY_ID } from '../../byte-intern.ts';
import type { MappedRequest } from '../mapped-request.ts';
import { type ReadSpan, SpanKind } from '../read-span.ts';
import { ignoredBy, type MappingSlots, REQUEST, type Verdict } from '../server-mapping.ts';
import { statusOf } from './request-fields.ts';

const CLIENT = ignoredBy('http_client');
const ASGI_MESSAGE = ignoredBy('asgi_message');
const PROBE = ignoredBy('http_probe');
/** Refused for what the client sent (4xx): neither served nor failed, and too fast to be counted among either. */
const CLIENT_ERROR = ignoredBy('http_client_error');

/** Spans of HTTP by OpenTelemetry's conventions; of each pair the newer name stands first. */
export const HTTP_ATTRIBUTES = {
  method: 'http.request.method',
  oldMethod: 'http.method',
  status: 'http.response.status_code',
  oldStatus: 'http.status_code',
  route: 'http.route',
  path: 'url.path',
  oldTarget: 'http.target',
  asgiType: 'asgi.event.type',
  oldAsgiType: 'type',
  errorType: 'error.type',
} as const;

export const HTTP_EVENTS = { exception: 'exception' } as const;

/** Messages of ASGI, each a span of its own below the request's, and routes that nobody calls for a prediction. */
export const HTTP_TEXTS = {
  receive: 'http.request',
  start: 'http.response.start',
  body: 'http.response.body',
  disconnect: 'http.disconnect',
  root: '/',
  health: '/health',
  healthz: '/healthz',
  live: '/live',
  livez: '/livez',
  ready: '/ready',
  readyz: '/readyz',
  ping: '/ping',
  metrics: '/metrics',
  docs: '/docs',
  openApi: '/openapi.json',
  models: '/v1/models',
  v2: '/v2',
  v2Live: '/v2/health/live',
  v2Ready: '/v2/health/ready',
  v2ModelReady: '/v2/models/{model_name}/ready',
} as const;

type HttpSlots = MappingSlots<
  typeof HTTP_ATTRIBUTES,
  Record<never, never>,
  typeof HTTP_EVENTS,
  typeof HTTP_TEXTS
>;

/** What all HTTP servers have in common. */
export class HttpSpans {
  readonly #slots: HttpSlots;
  readonly #asgi: ReadonlySet<number>;
  readonly #probes: ReadonlySet<number>;

  constructor(slots: HttpSlots) {
    const { receive, start, body, disconnect, ...probes } = slots.texts;
    this.#slots = slots;
    this.#asgi = new Set([receive, start, body, disconnect]);
    this.#probes = new Set(Object.values(probes));
  }

  /** Hot. Whether the span is of HTTP, or of ASGI, which carries it. */
  claims({ attributes, kind }: ReadSpan): boolean {
    const keys = this.#slots.attributes;
    if (attributes.has(keys.method) || attributes.has(keys.oldMethod)) return true;
    if (kind !== SpanKind.internal) return false;
    return attributes.has(keys.asgiType) || this.#asgi.has(attributes.known(keys.oldAsgiType));
  }

  /** Hot. Whether a span that is claimed is a request that was served, if only with an error of the server. */
  judge({ attributes, kind }: ReadSpan): Verdict {
    const keys = this.#slots.attributes;
    if (kind === SpanKind.internal) return ASGI_MESSAGE;
    if (kind !== SpanKind.server) return CLIENT;
    const path = attributes.has(keys.path) ? keys.path : keys.oldTarget;
    const place = attributes.has(keys.route) ? keys.route : path;
    if (this.#probes.has(attributes.known(place))) return PROBE;
    const status = this.#statusCode(attributes);
    return status >= 400 && status < 500 ? CLIENT_ERROR : REQUEST;
  }

  /** Hot. The route (a template, never the path, of which there is one a request) and the status. */
  describe(span: ReadSpan, out: MappedRequest): void {
    const { attributes: keys, events } = this.#slots;
    const { attributes } = span;
    out.routeId = attributes.has(keys.route) ? attributes.textId(keys.route) : EMPTY_ID;
    const hasFailed =
      attributes.has(keys.errorType) ||
      this.#statusCode(attributes) >= 500 ||
      span.hasEvent(events.exception);
    out.status = statusOf(out.status, hasFailed, true);
  }

  #statusCode(attributes: ReadSpan['attributes']): number {
    const { status, oldStatus } = this.#slots.attributes;
    return attributes.number(attributes.has(status) ? status : oldStatus);
  }
}

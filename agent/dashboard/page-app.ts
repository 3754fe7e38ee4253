import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { routeBaselines } from './baseline-routes.ts';
import type { DashboardSources } from './dashboard-sources.ts';
import type { EventStreamHub } from './event-stream-hub.ts';
import { loadPageAssets, type PageAsset } from './page-assets.ts';
import type { Parsed } from './parsed.ts';
import { readPoints } from './points-reader.ts';
import { parsePointsRequest } from './points-request.ts';
import { parseStreamFilter } from './stream-filter.ts';
import type { ErrorAnswer, SeriesAnswer, StatusAnswer } from './web/api-answers.ts';

export interface PageAppParts {
  readonly sources: DashboardSources;
  readonly hub: EventStreamHub;
  /** The folder of the built page. */
  readonly assets: URL;
  readonly clock: Clock;
  readonly log: Logger;
}

export type PageApp = (request: IncomingMessage, response: ServerResponse) => void;

/** What people see: the page and the API it reads. Loads fastify, which is why it is imported at the first visit. */
export async function createPageApp(parts: PageAppParts): Promise<PageApp> {
  const app = fastify({ logger: false, exposeHeadRoutes: true });
  routePage(app, await loadPageAssets(parts.assets));
  routeApi(app, parts);
  routeBaselines(app, parts.sources.baselines);
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, 404, { error: 'not_found', message: 'there is nothing here' }),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { statusCode = 500, code } = error;
    if (statusCode < 500)
      return refuse(reply, statusCode, { error: code.toLowerCase(), message: error.message });
    parts.log.error({ err: error }, 'a request to the page failed');
    return refuse(reply, 500, { error: 'internal', message: 'this request failed; the log says why' });
  });
  await app.ready();
  return (request, response) => app.routing(request, response);
}

function routePage(app: FastifyInstance, assets: ReadonlyMap<string, PageAsset>): void {
  app.get('/', (request, reply) => sendAsset(request, reply, assets.get('index.html')));
  app.get<{ Params: { name: string } }>('/assets/:name', (request, reply) =>
    sendAsset(request, reply, assets.get(request.params.name)),
  );
}

function routeApi(app: FastifyInstance, { sources, hub, clock, log }: PageAppParts): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.get('/api/v1/status', (): StatusAnswer => ({ ...sources.status(), streams: hub.counts }));
  app.get('/api/v1/series', (): SeriesAnswer => ({ series: sources.series() }));
  app.get('/api/v1/points', async (request, reply) => {
    const parsed = parsePointsRequest(parametersOf(request), clock.wallMs());
    if (!parsed.ok) return refuseParameter(reply, parsed);
    const { history, feed } = sources;
    const { status, answer } = await readPoints(parsed.value, { history, feed }, log);
    return reply.status(status).send(answer);
  });
  app.get('/api/v1/stream', { exposeHeadRoute: false }, (request, reply) => {
    const parsed = parseStreamFilter(parametersOf(request));
    if (!parsed.ok) return refuseParameter(reply, parsed);
    if (hub.open(reply.raw, parsed.value)) return reply.hijack();
    reply.header('retry-after', '10');
    return refuse(reply, 503, { error: 'too_many_streams', message: 'too many live streams are open' });
  });
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: PageAsset | undefined): FastifyReply {
  if (asset === undefined) {
    const message = 'no such file of the page; in a checkout, "npm run build" makes them';
    return refuse(reply, 404, { error: 'no_asset', message });
  }
  reply.headers({ 'cache-control': 'no-cache', etag: asset.etag, vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === asset.etag) return reply.status(304).send();
  reply.type(asset.contentType);
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.body);
  return reply.header('content-encoding', 'gzip').send(asset.gzip);
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.raw.url ?? '/', 'http://agent.invalid').searchParams;
}

function refuseParameter(reply: FastifyReply, fault: Extract<Parsed<never>, { ok: false }>): FastifyReply {
  const { parameter, message } = fault;
  return refuse(reply, 400, { error: 'bad_parameter', parameter, message });
}

function refuse(reply: FastifyReply, status: number, answer: ErrorAnswer): FastifyReply {
  return reply.status(status).send(answer);
}

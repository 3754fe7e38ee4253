import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAX_DOCUMENT_BYTES } from '../baseline/baselines.ts';
import type { Refusal, RefusalCode } from '../baseline/refusal.ts';
import { BASELINES_PATH } from './baseline-paths.ts';
import { parseCompareRequest, parseSeriesRequest } from './compare-request.ts';
import type { DashboardSources } from './dashboard-sources.ts';
import type { Parsed } from './parsed.ts';
import { parseSaveRequest } from './save-request.ts';
import type { BaselinesAnswer, CompareAnswer } from './web/api-answers.ts';
import { WRITE_METHODS } from './write-check.ts';

interface Named {
  readonly Params: { readonly name: string };
  readonly Body: string;
}

const STATUS: Readonly<Record<RefusalCode, number>> = {
  bad_name: 400,
  bad_range: 400,
  bad_document: 422,
  too_large: 413,
  exists: 409,
  full: 507,
  not_found: 404,
  unknown_series: 404,
  several_series: 409,
  not_recorded: 409,
  too_short: 422,
  no_requests: 422,
  failed: 500,
};

/** Documents that are received at a time: each may be 16 MiB. */
const MAX_WRITES = 4;

/** What may be asked of baselines; see docs/architecture.md. Bodies come as text: documents are read elsewhere. */
export function routeBaselines(app: FastifyInstance, baselines: DashboardSources['baselines']): void {
  app.removeAllContentTypeParsers();
  const bodies = { parseAs: 'string', bodyLimit: MAX_DOCUMENT_BYTES } as const;
  app.addContentTypeParser('application/json', bodies, (_request, body, done) => done(null, body));

  boundWrites(app);

  app.get(BASELINES_PATH, async (): Promise<BaselinesAnswer> => ({ baselines: await baselines.list() }));
  app.get<Named>(`${BASELINES_PATH}/:name`, async ({ params }, reply) => {
    const found = await baselines.document(params.name);
    if (typeof found !== 'string') return refuse(reply, found);
    return reply.type('application/json; charset=utf-8').send(found);
  });
  app.put<Named>(`${BASELINES_PATH}/:name`, async (request, reply) => {
    const replace = parametersOf(request).get('replace') === '1';
    const kept = await baselines.put(request.params.name, request.body, replace);
    if (kept.kind === 'refused') return refuse(reply, kept);
    return reply.status(kept.outcome === 'created' ? 201 : 200).send(kept);
  });
  app.post<Named>(`${BASELINES_PATH}/:name`, async (request, reply) => {
    const parsed = parseSaveRequest(request.body);
    if (!parsed.ok) return refuseParameter(reply, parsed);
    const saved = await baselines.save(request.params.name, parsed.value);
    if (saved.kind === 'refused') return refuse(reply, saved);
    if (saved.kind === 'waiting') return reply.status(202).send(saved);
    return reply.status(saved.outcome === 'created' ? 201 : 200).send(saved);
  });
  app.delete<Named>(`${BASELINES_PATH}/:name`, async ({ params }, reply) => {
    const removed = await baselines.remove(params.name);
    return removed.kind === 'refused' ? refuse(reply, removed) : removed;
  });
  app.get('/api/v1/recording', async (request, reply) => {
    const parsed = parseSeriesRequest(parametersOf(request));
    if (!parsed.ok) return refuseParameter(reply, parsed);
    const recorded = await baselines.record(parsed.value);
    if (typeof recorded === 'string') return reply.type('application/json; charset=utf-8').send(recorded);
    return recorded.kind === 'refused' ? refuse(reply, recorded) : reply.status(202).send(recorded);
  });
  app.get('/api/v1/compare', async (request, reply) => {
    const parsed = parseCompareRequest(parametersOf(request));
    if (!parsed.ok) return refuseParameter(reply, parsed);
    const result = await baselines.compare(parsed.value);
    return 'kind' in result ? refuse(reply, result) : (result satisfies CompareAnswer);
  });
}

/** Turns writes away that come while too many others are under way; a body was not read yet then. */
function boundWrites(app: FastifyInstance): void {
  let writes = 0;
  app.addHook('onRequest', async (request, reply) => {
    if (!WRITE_METHODS.includes(request.method)) return undefined;
    if (writes >= MAX_WRITES) {
      reply.header('retry-after', '1').status(503);
      return reply.send({
        error: 'too_many_writes',
        message: 'too many baselines are being written at once',
      });
    }
    writes++;
    reply.raw.once('close', () => writes--);
    return undefined;
  });
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.raw.url ?? '/', 'http://agent.invalid').searchParams;
}

function refuse(reply: FastifyReply, { code, message }: Refusal): FastifyReply {
  return reply.status(STATUS[code]).send({ error: code, message });
}

function refuseParameter(reply: FastifyReply, fault: Extract<Parsed<never>, { ok: false }>): FastifyReply {
  const { parameter, message } = fault;
  return reply.status(400).send({ error: 'bad_parameter', parameter, message });
}

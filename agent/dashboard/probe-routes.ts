import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError, answerJson } from './answers.ts';
import type { DashboardSources } from './dashboard-sources.ts';

type Sources = Pick<DashboardSources, 'status' | 'metrics' | 'taking'>;
type Route = (request: IncomingMessage, response: ServerResponse, sources: Sources) => void | Promise<void>;

/**
 * What machines ask for day and night. These stand outside the framework that serves people, which is loaded at
 * the first visit only: an agent that nobody looks at is smaller by some 20 MB.
 */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', (_request, response) => answerJson(response, 200, { status: 'ok' })],
  ['/readyz', answerReadiness],
  ['/metrics', answerMetrics],
]);

/** Probes carry no token: the kubelet has none. */
export function isProbe(path: string): boolean {
  return path === '/healthz' || path === '/readyz';
}

/** Answers if the path is one of these; false: it is not. */
export function serveProbe(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  sources: Sources,
): boolean {
  const route = ROUTES.get(path);
  if (route === undefined) return false;
  void route(request, response, sources);
  return true;
}

/**
 * Ready means that spans are taken. Trouble elsewhere is told in the body and changes the status only for those who
 * ask with `?strict=1`: a sidecar's readiness counts for its pod, and the model would go out of service with it.
 */
function answerReadiness(request: IncomingMessage, response: ServerResponse, sources: Sources): void {
  const { degraded, outbox } = sources.status();
  const strict = /[?&]strict=1(&|$)/.test(request.url ?? '');
  const taking = sources.taking();
  const state = degraded.length === 0 ? 'ok' : 'degraded';
  const ready = taking && !(strict && state === 'degraded');
  answerJson(response, ready ? 200 : 503, { status: taking ? state : 'unavailable', degraded, outbox });
}

async function answerMetrics(
  _request: IncomingMessage,
  response: ServerResponse,
  sources: Sources,
): Promise<void> {
  try {
    const { contentType, text } = await sources.metrics();
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
  } catch (error) {
    answerError(response, 500, { error: 'metrics_failed', message: String(error) });
  }
}

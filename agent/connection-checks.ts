import type { CheckResult } from './cli/command-context.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import { createSender } from './ingest/otlp/forward/create-sender.ts';
import { ExtraHeaders } from './ingest/otlp/forward/extra-headers.ts';
import type { OtlpExport } from './ingest/otlp/forward/otlp-export.ts';
import { ServerSampler } from './scrape/server-sampler.ts';

const CHECK_WITHIN_MS = 10_000;
/** An export without spans, which a receiver takes and forgets. */
const NOTHING: OtlpExport = { signal: 'traces', format: 'protobuf', bytes: new Uint8Array(0), trail: '' };

/** Reads every server of `scrape` once, and sends the endpoint of `forward` an export without spans. */
export async function checkConnections(config: Config, clock: Clock): Promise<readonly CheckResult[]> {
  const { scrape, forward } = config;
  return Promise.all([
    ...scrape.map((server) => checkScrape(server, clock)),
    ...(forward === undefined ? [] : [checkForward(forward, clock)]),
  ]);
}

async function checkScrape(server: Config['scrape'][number], clock: Clock): Promise<CheckResult> {
  const name = `scrape ${server.url}`;
  try {
    const sampler = new ServerSampler({ ...server, tags: {} });
    const points = await sampler.sample(clock.wallMs(), AbortSignal.timeout(CHECK_WITHIN_MS));
    const models = [...new Set(points.map(({ series }) => series.tags['model']))];
    const found = models.length === 0 ? 'no request yet' : models.join(', ');
    return { name, ok: true, reason: `metrics of ${server.kind}: ${found}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name, ok: false, reason: reason.replace(`${server.url}: `, '') };
  }
}

async function checkForward(forward: NonNullable<Config['forward']>, clock: Clock): Promise<CheckResult> {
  const { endpoint, protocol } = forward;
  const headers = new ExtraHeaders(forward.headers, forward.headersFile);
  const read = await headers.read();
  if (!read.ok) return { name: 'forward', ok: false, reason: read.reason };
  const sender = createSender(forward, clock);
  const outcome = await sender.send(NOTHING, read.headers, AbortSignal.timeout(CHECK_WITHIN_MS));
  sender.close();
  const said = headers.withoutSecrets(outcome.reason);
  return outcome.kind === 'accepted'
    ? { name: 'forward', ok: true, reason: `${endpoint} takes traces over ${protocol}` }
    : { name: 'forward', ok: false, reason: `${endpoint} (${protocol}): ${said}` };
}

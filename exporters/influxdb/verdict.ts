import type { ExportOutcome } from '../../agent/core/exporter.ts';
import { type HttpAnswer, NO_ANSWER } from './http-exchange.ts';
import type { InfluxdbVersion } from './options.ts';
import { parseRetryAfter } from './retry-after.ts';

type Status = number | '2xx' | '3xx' | '5xx';

/** One row of the table: the first that matches an answer decides. */
interface Rule {
  readonly status: readonly Status[];
  readonly versions?: readonly InfluxdbVersion[];
  /** Searched in the answer's body. */
  readonly body?: RegExp;
  readonly kind: ExportOutcome['kind'];
  /** What the user can do; stands behind the server's own words. */
  readonly advice?: string;
}

/**
 * How a server's answer to a write is read. Sources: influxdb 1.x services/httpd/handler.go, 2.x
 * http/points and http/write_handler.go, 3.x influxdb3_server/src/http.rs; where a release differs, add a row.
 *
 * What would lose points is chosen last: only a 400 or 422 that speaks of lines is taken to be about them;
 * everything unforeseen is held.
 */
const RULES: readonly Rule[] = [
  { status: ['2xx'], kind: 'accepted' },
  { status: [400, 422], body: /partial write/i, kind: 'partial' },
  {
    status: [400],
    body: /database is required|either orgID or org|bucket not found|\bdb name\b|database name/i,
    kind: 'hold',
    advice: 'set influxdb.database (versions 1 and 3), or influxdb.org and influxdb.bucket (version 2)',
  },
  { status: [400, 422], kind: 'rejected' },
  { status: [413], kind: 'too_large' },
  { status: [401], kind: 'hold', advice: 'check influxdb.token, or influxdb.username and influxdb.password' },
  { status: [403], kind: 'hold', advice: 'give these credentials the right to write there' },
  {
    status: [404],
    versions: ['1'],
    body: /database not found/i,
    kind: 'hold',
    advice: 'create it (CREATE DATABASE) or change influxdb.database',
  },
  {
    status: [404],
    versions: ['2'],
    body: /bucket|organization/i,
    kind: 'hold',
    advice: 'create it, or change influxdb.org and influxdb.bucket',
  },
  { status: [404], kind: 'hold', advice: 'check influxdb.url and influxdb.version' },
  {
    status: [500],
    versions: ['1'],
    body: /retention policy not found/i,
    kind: 'hold',
    advice: 'create it or change influxdb.retention_policy',
  },
  { status: [NO_ANSWER, 408, 425, 429, '5xx'], kind: 'retry' },
  { status: ['3xx'], kind: 'hold', advice: 'set influxdb.url to where it redirects' },
];

const UNFORESEEN: Pick<Rule, 'kind' | 'advice'> = {
  kind: 'hold',
  advice: 'no InfluxDB answers so: check influxdb.url and influxdb.version',
};

const MAX_MESSAGE_CHARACTERS = 300;

/** What an answer to a write means for the batch. `nowMs` is Unix time, for a Retry-After that is a date. */
export function judgeAnswer(answer: HttpAnswer, version: InfluxdbVersion, nowMs: number): ExportOutcome {
  const { kind, advice } = RULES.find((rule) => matches(rule, answer, version)) ?? UNFORESEEN;
  const reason = reasonOf(answer, advice);
  switch (kind) {
    case 'accepted':
      return { kind };
    case 'partial':
      return { kind, rejected: countRejected(answer.body), reason };
    case 'retry': {
      const afterMs = parseRetryAfter(answer.headers['retry-after'], nowMs);
      return afterMs === undefined ? { kind, reason } : { kind, reason, afterMs };
    }
    default:
      return { kind, reason };
  }
}

function matches(rule: Rule, { status, body }: HttpAnswer, version: InfluxdbVersion): boolean {
  const family = `${Math.floor(status / 100)}xx`;
  return (
    rule.status.some((expected) => expected === status || expected === family) &&
    (rule.versions?.includes(version) ?? true) &&
    (rule.body?.test(body) ?? true)
  );
}

function reasonOf({ status, body, headers }: HttpAnswer, advice = ''): string {
  const said = headers['location'] ?? messageOf(body);
  return [status === NO_ANSWER ? '' : `status ${status}`, said, advice]
    .filter((part) => part !== '')
    .join(': ');
}

/** The server's words: `error` (1 and 3) or `message` (2) of a JSON body, else the text itself; cut to one line. */
function messageOf(body: string): string {
  const json = parseJson(body);
  const text = json?.['error'] ?? json?.['message'] ?? body;
  return String(text).replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_CHARACTERS);
}

/**
 * How many points a partial write refused, where the answer can be trusted with it: version 3 lists the lines;
 * 1 and 2 say `dropped=N`, but 0 whatever happened when lines did not parse.
 */
function countRejected(body: string): number | undefined {
  const lines = parseJson(body)?.['data'];
  if (Array.isArray(lines) && lines.length > 0) return lines.length;
  const dropped = Number(/dropped=(\d+)/.exec(body)?.[1] ?? 0);
  return dropped > 0 && !body.includes('unable to parse') ? dropped : undefined;
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

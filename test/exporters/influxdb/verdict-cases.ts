import type { ExportOutcome } from '../../../agent/core/exporter.ts';
import type { InfluxdbVersion } from '../../../exporters/influxdb/options.ts';
import type { ScriptedAnswer } from '../../servers/scripted-http.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

export interface VerdictCase {
  readonly title: string;
  readonly versions: readonly InfluxdbVersion[];
  readonly answer: ScriptedAnswer;
  readonly kind: ExportOutcome['kind'];
  /** Contained in the reason. */
  readonly says?: string;
  /** Of a partial outcome. */
  readonly rejected?: number | undefined;
  readonly afterMs?: number;
}

const ALL: readonly InfluxdbVersion[] = ['1', '2', '3'];

function json(status: number, body: object): ScriptedAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify(body) };
}

/** Answers as the servers give them, and what they mean for a batch. */
export const verdictCases: readonly VerdictCase[] = [
  { title: '204', versions: ALL, answer: { status: 204 }, kind: 'accepted' },
  { title: '200', versions: ALL, answer: { status: 200, body: 'ok' }, kind: 'accepted' },
  {
    title: 'a type conflict, with the count of what was dropped',
    versions: ['1'],
    answer: json(400, {
      error:
        'partial write: field type conflict: input field "b" on measurement "a" is type string, already exists as type float dropped=2',
    }),
    kind: 'partial',
    rejected: 2,
    says: 'field type conflict',
  },
  {
    title: 'lines that did not parse beside good ones, whose dropped=0 means nothing',
    versions: ['1'],
    answer: json(400, { error: "partial write: unable to parse 'bad line': invalid field format dropped=0" }),
    kind: 'partial',
    rejected: undefined,
  },
  {
    title: 'no line that parsed',
    versions: ['1'],
    answer: json(400, { error: "unable to parse 'bad line': invalid field format" }),
    kind: 'rejected',
    says: 'unable to parse',
  },
  {
    title: 'a missing database name',
    versions: ['1'],
    answer: json(400, { error: 'database is required' }),
    kind: 'hold',
    says: 'influxdb.database',
  },
  {
    title: 'an unknown database',
    versions: ['1'],
    answer: json(404, { error: 'database not found: "d"' }),
    kind: 'hold',
    says: 'CREATE DATABASE',
  },
  {
    title: 'an unknown retention policy',
    versions: ['1'],
    answer: json(500, { error: 'retention policy not found: rp' }),
    kind: 'hold',
    says: 'influxdb.retention_policy',
  },
  {
    title: 'a full cache',
    versions: ['1'],
    answer: json(500, { error: 'engine: cache-max-memory-size exceeded: (1/1)' }),
    kind: 'retry',
    says: 'cache-max-memory-size',
  },
  {
    title: 'an invalid line, of which nothing was written',
    versions: ['2'],
    answer: json(400, { code: 'invalid', message: "unable to parse 'bad line': missing fields" }),
    kind: 'rejected',
    says: 'missing fields',
  },
  {
    title: 'a type conflict as 422',
    versions: ['2'],
    answer: json(422, {
      code: 'unprocessable entity',
      message:
        'failure writing points to database: partial write: field type conflict: input field "b" dropped=3',
    }),
    kind: 'partial',
    rejected: 3,
  },
  {
    title: 'a missing organization',
    versions: ['2'],
    answer: json(400, { code: 'invalid', message: 'Please provide either orgID or org' }),
    kind: 'hold',
    says: 'influxdb.org',
  },
  {
    title: 'an unknown bucket',
    versions: ['2'],
    answer: json(404, { code: 'not found', message: 'bucket "b" not found' }),
    kind: 'hold',
    says: 'influxdb.bucket',
  },
  {
    title: 'a partial write with its list of lines',
    versions: ['3'],
    answer: json(400, {
      error: 'partial write of line protocol occurred',
      data: [
        { original_line: 'a b', line_number: 1, error_message: 'x' },
        { original_line: 'c d', line_number: 4, error_message: 'y' },
      ],
    }),
    kind: 'partial',
    rejected: 2,
  },
  {
    title: 'a limit of the catalog as 422',
    versions: ['3'],
    answer: json(422, {
      error: 'partial write of line protocol occurred',
      data: [
        {
          original_line: 'a b',
          line_number: 1,
          error_message: 'Update to schema would exceed number of columns',
        },
      ],
    }),
    kind: 'partial',
    rejected: 1,
  },
  {
    title: 'a partial write that does not list its lines',
    versions: ['3'],
    answer: json(400, { error: 'partial write of line protocol occurred' }),
    kind: 'partial',
    rejected: undefined,
  },
  {
    title: 'a refused batch',
    versions: ['3'],
    answer: json(400, { error: 'parsing failed for write_lp endpoint', data: { line_number: 1 } }),
    kind: 'rejected',
  },
  {
    title: 'a database name that is not allowed',
    versions: ['3'],
    answer: json(400, { error: 'db name did not start with a number or letter' }),
    kind: 'hold',
    says: 'influxdb.database',
  },
  { title: '413', versions: ALL, answer: { status: 413, body: 'too large' }, kind: 'too_large' },
  {
    title: '401',
    versions: ALL,
    answer: json(401, { error: 'authorization failed' }),
    kind: 'hold',
    says: 'influxdb.token',
  },
  {
    title: '403',
    versions: ALL,
    answer: json(403, { message: 'insufficient permissions for write' }),
    kind: 'hold',
    says: 'right',
  },
  {
    title: '404 of something else',
    versions: ALL,
    answer: { status: 404, body: '404 page not found' },
    kind: 'hold',
    says: 'influxdb.version',
  },
  { title: '415', versions: ALL, answer: { status: 415 }, kind: 'hold' },
  {
    title: 'a redirect',
    versions: ALL,
    answer: { status: 308, headers: { location: 'https://db.example/write' } },
    kind: 'hold',
    says: 'https://db.example/write',
  },
  { title: '408', versions: ALL, answer: { status: 408 }, kind: 'retry' },
  { title: '425', versions: ALL, answer: { status: 425 }, kind: 'retry' },
  {
    title: '429 with seconds',
    versions: ALL,
    answer: { status: 429, headers: { 'retry-after': '30' } },
    kind: 'retry',
    afterMs: 30_000,
  },
  { title: '429 without a time', versions: ALL, answer: { status: 429 }, kind: 'retry' },
  {
    title: '503 with an HTTP date',
    versions: ALL,
    answer: { status: 503, headers: { 'retry-after': 'Sun, 22 Nov 2026 12:00:45 GMT' } },
    kind: 'retry',
    afterMs: 45_000,
  },
  {
    title: '500',
    versions: ALL,
    answer: { status: 500, body: 'engine: timeout' },
    kind: 'retry',
    says: 'timeout',
  },
  { title: '502 of a proxy', versions: ALL, answer: { status: 502, body: '<html>' }, kind: 'retry' },
  { title: '504 of a proxy', versions: ALL, answer: { status: 504 }, kind: 'retry' },
  { title: 'a reset connection', versions: ALL, answer: { reset: true }, kind: 'retry', says: 'ECONNRESET' },
];

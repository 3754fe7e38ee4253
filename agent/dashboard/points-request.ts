import type { Parsed } from './parsed.ts';
import type { PointQuery } from './point-history.ts';

/** What `/api/v1/points` was asked for: which points, and how much of them to show. */
export interface PointsRequest {
  readonly query: PointQuery;
  /** The fields to show; absent: all. */
  readonly fields?: readonly string[];
  /** One row a series and so many milliseconds at the most, the last one of each; 0: all. */
  readonly everyMs: number;
}

const DEFAULT_RANGE_MS = 15 * 60_000;
/** Some 15 MB while an answer is made. */
const DEFAULT_LIMIT = 10_000;
const MAX_LIMIT = 50_000;
const MAX_VALUE_CHARACTERS = 1024;
const MEASUREMENT = /^[a-z][a-z0-9_]{0,63}$/;
const RESERVED: readonly string[] = ['measurement', 'from', 'to', 'limit', 'fields', 'every'];

/** Parses the query of `/api/v1/points`; a parameter that is not one of its own is the value of a tag. */
export function parsePointsRequest(parameters: URLSearchParams, nowMs: number): Parsed<PointsRequest> {
  const measurement = parameters.get('measurement') ?? '';
  if (!MEASUREMENT.test(measurement)) {
    return fault('measurement', `the name of a measurement is needed, got "${measurement}"`);
  }
  const repeated = [...parameters.keys()].find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) return fault(repeated, `"${repeated}" may be given once only`);

  const toMs = parseInteger(parameters, 'to', { fallback: Math.ceil(nowMs) + 1, min: 0, max: 8.64e15 });
  if (!toMs.ok) return toMs;
  const fallbackFrom = Math.max(0, toMs.value - DEFAULT_RANGE_MS);
  const fromMs = parseInteger(parameters, 'from', { fallback: fallbackFrom, min: 0, max: toMs.value });
  if (!fromMs.ok) return fromMs;
  const limit = parseInteger(parameters, 'limit', { fallback: DEFAULT_LIMIT, min: 1, max: MAX_LIMIT });
  if (!limit.ok) return limit;
  const everyMs = parseInteger(parameters, 'every', { fallback: 0, min: 0, max: 86_400_000 });
  if (!everyMs.ok) return everyMs;
  const tags = parseTags(parameters);
  if (!tags.ok) return tags;

  const query = { measurement, fromMs: fromMs.value, toMs: toMs.value, tags: tags.value, limit: limit.value };
  const fields = parameters.get('fields')?.split(',');
  return { ok: true, value: { query, everyMs: everyMs.value, ...(fields === undefined ? {} : { fields }) } };
}

interface IntegerBounds {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

function parseInteger(parameters: URLSearchParams, name: string, bounds: IntegerBounds): Parsed<number> {
  const text = parameters.get(name);
  if (text === null) return { ok: true, value: bounds.fallback };
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= bounds.min && value <= bounds.max) return { ok: true, value };
  return fault(name, `"${name}" is an integer from ${bounds.min} to ${bounds.max}, got "${text}"`);
}

function parseTags(parameters: URLSearchParams): Parsed<Record<string, string>> {
  const tags: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) {
    if (RESERVED.includes(name)) continue;
    if (name === '' || name.length + value.length > MAX_VALUE_CHARACTERS) {
      return fault(name.slice(0, 64), `a tag has a name, and at most ${MAX_VALUE_CHARACTERS} characters`);
    }
    tags[name] = value;
  }
  return { ok: true, value: tags };
}

function fault(parameter: string, message: string): Parsed<never> {
  return { ok: false, parameter, message };
}

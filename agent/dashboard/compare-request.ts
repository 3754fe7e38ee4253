import type { ComparisonQuery, SeriesQuery } from '../baseline/baselines.ts';
import type { Parsed } from './parsed.ts';

const TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;
const LABEL = 'label.';
const MAX_VALUE_CHARACTERS = 4096;
const MAX_MS = 8.64e15;

/** Parses the query of `/api/v1/compare`: `baseline`, and as the candidate another baseline or a series. */
export function parseCompareRequest(parameters: URLSearchParams): Parsed<ComparisonQuery> {
  const rest = new URLSearchParams(parameters);
  const names = ['baseline', 'candidate'];
  const [[baseline, second], [candidate, another]] = names.map((name) => parameters.getAll(name));
  for (const name of names) rest.delete(name);
  if (!baseline || second !== undefined) return fault('baseline', 'the name of one baseline is needed');
  if (candidate === undefined) {
    if (!rest.has('model'))
      return fault('model', 'a candidate is needed: candidate=BASELINE, or the model of a series');
    const series = parseSeriesRequest(rest);
    return series.ok ? { ok: true, value: { baseline, candidate: series.value } } : series;
  }
  if (rest.size === 0 && another === undefined)
    return { ok: true, value: { baseline, candidate: { baseline: candidate } } };
  return fault('candidate', 'the candidate is another baseline or a series, not both');
}

/** Parses `model`, `variant`, …, `label.NAME`, and `from` and `to` in Unix ms. */
export function parseSeriesRequest(parameters: URLSearchParams): Parsed<SeriesQuery> {
  for (const [name, value] of parameters) {
    if (![...TEXTS, 'from', 'to'].includes(name) && !name.startsWith(LABEL))
      return fault(name.slice(0, 64), `"${name.slice(0, 64)}" is no parameter here`);
    if (parameters.getAll(name).length > 1) return fault(name, `"${name}" may be given once only`);
    if (value.length > MAX_VALUE_CHARACTERS) return fault(name, `"${name}" is too long`);
  }
  const model = parameters.get('model') ?? '';
  if (model === '') return fault('model', 'a model is needed');
  const given = TEXTS.filter((name) => parameters.has(name)).map((name) => [name, parameters.get(name)]);
  const labels = [...parameters]
    .filter(([name]) => name.startsWith(LABEL))
    .map(([name, value]) => [name.slice(LABEL.length), value]);
  const range = parseRange(parameters);
  if (!range.ok) return range;
  const series = { model, ...Object.fromEntries(given), labels: Object.fromEntries(labels) };
  return { ok: true, value: { ...series, ...range.value } };
}

function parseRange(parameters: URLSearchParams): Parsed<Pick<SeriesQuery, 'fromMs' | 'toMs'>> {
  const times: Record<string, number> = {};
  for (const name of ['from', 'to']) {
    const text = parameters.get(name);
    if (text === null) continue;
    if (!/^\d{1,16}$/.test(text) || Number(text) > MAX_MS)
      return fault(name, `"${name}" is a time in Unix milliseconds, got "${text.slice(0, 64)}"`);
    times[`${name}Ms`] = Number(text);
  }
  const { fromMs = 0, toMs = MAX_MS } = times;
  return fromMs < toMs ? { ok: true, value: times } : fault('from', '"from" must be before "to"');
}

function fault(parameter: string, message: string): Parsed<never> {
  return { ok: false, parameter, message };
}

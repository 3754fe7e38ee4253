import type { ComparisonQuery } from '../baseline/baselines.ts';
import type { Parsed } from './parsed.ts';

const TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;
const LABEL = 'label.';
const MAX_VALUE_CHARACTERS = 4096;
const MAX_MS = 8.64e15;

/** Parses the query of `/api/v1/compare`: `baseline`, and as the candidate another baseline or a series. */
export function parseCompareRequest(parameters: URLSearchParams): Parsed<ComparisonQuery> {
  const baseline = parameters.get('baseline') ?? '';
  if (baseline === '') return fault('baseline', 'the name of a baseline is needed');
  const known = ['baseline', 'candidate', 'from', 'to', ...TEXTS];
  for (const [name, value] of parameters) {
    if (!known.includes(name) && !name.startsWith(LABEL))
      return fault(name, `"${name}" is no parameter here`);
    if (parameters.getAll(name).length > 1) return fault(name, `"${name}" may be given once only`);
    if (value.length > MAX_VALUE_CHARACTERS) return fault(name, `"${name}" is too long`);
  }
  const candidate = parameters.get('candidate');
  if (candidate !== null) {
    if ([...parameters.keys()].length === 2)
      return { ok: true, value: { baseline, candidate: { baseline: candidate } } };
    return fault('candidate', 'the candidate is another baseline or a series, not both');
  }
  return parseSeries(baseline, parameters);
}

function parseSeries(baseline: string, parameters: URLSearchParams): Parsed<ComparisonQuery> {
  const model = parameters.get('model') ?? '';
  if (model === '')
    return fault('model', 'a candidate is needed: candidate=BASELINE, or the model of a series');
  const given = TEXTS.filter((name) => parameters.has(name)).map((name) => [name, parameters.get(name)]);
  const labels = [...parameters]
    .filter(([name]) => name.startsWith(LABEL))
    .map(([name, value]) => [name.slice(LABEL.length), value]);
  const times: Record<string, number> = {};
  for (const name of ['from', 'to']) {
    const text = parameters.get(name);
    if (text === null) continue;
    if (!/^\d{1,16}$/.test(text) || Number(text) > MAX_MS)
      return fault(name, `"${name}" is a time in Unix milliseconds, got "${text}"`);
    times[`${name}Ms`] = Number(text);
  }
  const { fromMs = 0, toMs = MAX_MS } = times;
  if (fromMs >= toMs) return fault('from', '"from" must be before "to"');
  const series = { model, ...Object.fromEntries(given), labels: Object.fromEntries(labels) };
  return { ok: true, value: { baseline, candidate: { ...series, ...times } } };
}

function fault(parameter: string, message: string): Parsed<never> {
  return { ok: false, parameter, message };
}

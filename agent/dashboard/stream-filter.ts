import type { Point } from '../core/point.ts';
import type { Parsed } from './parsed.ts';

const TAGS: readonly string[] = ['model', 'variant', 'window'];
const PARAMETERS: readonly string[] = ['measurement', ...TAGS];

/** Which points a client of the stream wants; a parameter given several times means any of its values. */
export interface StreamFilter {
  accepts(point: Point): boolean;
}

/** Parses the query of `/api/v1/stream`. A parameter that is not given lets everything through. */
export function parseStreamFilter(parameters: URLSearchParams): Parsed<StreamFilter> {
  const unknown = [...parameters.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    const message = `unknown parameter "${unknown}": expected ${PARAMETERS.join(', ')}`;
    return { ok: false, parameter: unknown, message };
  }
  const measurements = new Set(parameters.getAll('measurement'));
  const wanted = TAGS.filter((tag) => parameters.has(tag)).map(
    (tag) => [tag, new Set(parameters.getAll(tag))] as const,
  );
  const accepts = ({ series }: Point): boolean =>
    (measurements.size === 0 || measurements.has(series.measurement)) &&
    wanted.every(([tag, values]) => values.has(series.tags[tag] ?? ''));
  return { ok: true, value: { accepts } };
}

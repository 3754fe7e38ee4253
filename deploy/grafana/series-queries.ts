import { fleetQuantileQuery } from './fleet-quantile.ts';
import type { ResultFormat } from './influxql.ts';
import { CHOSEN_WINDOW, everyStep, influxqlTarget, matches, RANGE, where } from './influxql.ts';

/** Points of the chosen series of any window. */
export const SERIES = where(['model', 'variant', 'instance']);
/** Those of the chosen window. */
export const WINDOW = where(['model', 'variant', 'instance'], CHOSEN_WINDOW);
export const BY_SERIES = 'GROUP BY "model", "variant"';
/** A line for each model and variant. */
export const SERIES_STEP = everyStep('model', 'variant');
export const SERIES_NAME = '$tag_model $tag_variant';

/** Of panels whose figures come from histograms. */
export const FLEET_ERROR =
  'Over all chosen replicas, from their bins added up: at most 20 % above the true percentile (10 % with `histogram: 8`), never below. Successful requests. Minutes are complete about two minutes after their end.';

/**
 * A rate or level over all series and replicas, by model and variant. Of each series the mean of a step, then their
 * sum: windows of one length may be averaged, only percentiles may not.
 */
export function sumOverSeries(field: string, name: string): string {
  return `SELECT sum("value") AS "${name}" FROM (SELECT mean("${field}") AS "value" FROM "inference" WHERE ${WINDOW} GROUP BY time($__interval), *) WHERE ${RANGE} ${SERIES_STEP}`;
}

/**
 * The same over the whole range: the mean of its steps, so that replicas that came and went are not counted twice.
 * Without a time range of its own: a first step that begins before the range would leave InfluxDB 1 without an answer.
 */
export function meanOverRange(field: string, name: string, groups: string): string {
  return `SELECT mean("${name}") AS "${name}" FROM (${sumOverSeries(field, name)}) ${groups}`.trim();
}

/** Failed requests / requests, only of points that say how many failed. */
export function errorRatio(groups: string): string {
  const stated = where(['model', 'variant', 'instance'], CHOSEN_WINDOW, '"errors" >= 0');
  return `SELECT sum("errors") / sum("requests") AS "errors" FROM "inference" WHERE ${stated} ${groups}`.trim();
}

/** A percentile over the chosen replicas by model and variant. `every`: a step; absent: one of the whole range. */
export function fleetQuantile(
  quantile: number,
  options: {
    readonly every?: string;
    readonly as?: string;
    readonly alias?: string;
    readonly format?: ResultFormat;
  },
) {
  const { alias, format, ...rest } = options;
  const conditions = [matches('model'), matches('variant'), matches('instance')];
  const query = fleetQuantileQuery({ quantile, range: RANGE, conditions, by: ['model', 'variant'], ...rest });
  return influxqlTarget(query, {
    ...(alias !== undefined && { alias }),
    ...(format !== undefined && { format }),
  });
}

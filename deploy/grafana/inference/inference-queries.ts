import { CHOSEN_WINDOW, RANGE, where } from '../influxql.ts';

/** Of panels whose figures are percentiles of windows. */
export const WORST =
  'Of each step the worst window of the worst replica: percentiles are never averaged. Each is right to 1 %. Successful requests.';

/** Requests within their objective / requests, only of points that have one. */
export function objectiveRatio(groups: string): string {
  const judged = where(['model', 'variant', 'instance'], CHOSEN_WINDOW, '"slo_ratio" >= 0');
  return `SELECT sum("good") / sum("requests") AS "within" FROM (SELECT "slo_ratio" * "requests" AS "good", "requests" FROM "inference" WHERE ${judged}) WHERE ${RANGE} ${groups}`.trim();
}

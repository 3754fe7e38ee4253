/** Which figures of `inference_histogram` a quantile is of. */
export interface FleetQuantile {
  /** 0 to 1, above 0. */
  readonly quantile: number;
  /** InfluxQL's condition of the time range. */
  readonly range: string;
  /** Further conditions, of tags. */
  readonly conditions?: readonly string[];
  /** Length of a step, a minute at least, as InfluxQL or Grafana write it; absent: one figure for the whole range. */
  readonly every?: string;
  /** A figure for each value of these tags. */
  readonly by?: readonly string[];
  /** Name of its column. */
  readonly as?: string;
}

/**
 * A quantile over all agents and all minutes of a step, from their bins added up: the least bound under which that
 * share of the requests lies. The comparison stands in a query of its own and multiplies: InfluxQL answers a ratio's
 * alias in WHERE, and integer fields, with wrong figures and no error.
 */
export function fleetQuantileQuery(options: FleetQuantile): string {
  const { quantile, range, conditions = [], every, by = [], as = 'seconds' } = options;
  const tags = by.map((tag) => `"${tag}"`);
  const time = every === undefined ? [] : [`time(${every})`];
  const sums = `SELECT sum("count") AS "c", sum("total") AS "t", max("upper_seconds") AS "u" FROM "inference_histogram" WHERE ${[...conditions, range].join(' AND ')} GROUP BY ${[...time, '"le"', ...tags].join(', ')} fill(none)`;
  const bounds = `SELECT "u", "c", "t" FROM (${sums}) WHERE "c" >= ${quantile} * "t" GROUP BY ${['"le"', ...tags].join(', ')}`;
  const groups = [...time, ...tags];
  const fill = every === undefined ? 'none' : 'null';
  const grouping = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')} fill(${fill})`;
  return `SELECT min("u") AS "${as}" FROM (${bounds}) WHERE ${range}${grouping}`;
}

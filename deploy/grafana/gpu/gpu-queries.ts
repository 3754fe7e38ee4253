import { CHOSEN_WINDOW, everyStep, RANGE, where } from '../influxql.ts';

/** Points of the chosen GPUs. */
export const GPUS = where(['uuid', 'instance']);
/** A point of all GPUs of a series together stands beside those of each. */
export const JOINED = where(['model', 'variant', 'instance', 'gpu'], CHOSEN_WINDOW);
export const SHARED =
  'Agents that share a GPU each publish it: figures are taken by UUID first, and only then added up.';

/** An aggregate of a field of each GPU, then their sum. */
export function sumOverGpus(measurement: string, aggregated: string): string {
  return `SELECT sum("value") AS "sum" FROM (SELECT ${aggregated} AS "value" FROM "${measurement}" WHERE ${GPUS} GROUP BY "uuid") WHERE ${RANGE}`;
}

/** A line for each GPU. */
export function byGpu(measurement: string, selected: string): string {
  return `SELECT ${selected} FROM "${measurement}" WHERE ${GPUS} ${everyStep('uuid', 'index', 'host')}`;
}

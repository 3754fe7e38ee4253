import { where } from '../influxql.ts';

/** The chosen series beside the chosen baselines. */
export const COMPARED = where(['model', 'variant', 'instance', 'baseline']);

import { everyStep, where } from '../influxql.ts';

/** Points of the chosen agents. */
export const AGENTS = where(['instance']);
export const ALIAS = { alias: '$tag_instance' };

/** Points of a part of the chosen agents on themselves. */
export function part(component: string): string {
  return where(['instance'], `"component" = '${component}'`);
}

/** A counter's growth a second, by instance; a restart of the agent begins it anew and counts as none. */
export function growth(component: string, field: string, ...tags: readonly string[]): string {
  return `SELECT non_negative_derivative(max("${field}"), 1s) AS "rate" FROM "infermeter" WHERE ${part(component)} GROUP BY ${['time($__interval)', '"instance"', ...tags.map((tag) => `"${tag}"`)].join(', ')} fill(none)`;
}

/** Figures of a part, by instance. */
export function level(component: string, selected: string): string {
  return `SELECT ${selected} FROM "infermeter" WHERE ${part(component)} ${everyStep('instance')}`;
}

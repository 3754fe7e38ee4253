import { catalog } from '../../agent/core/catalog/catalog.ts';
import type { MeasurementSpec, Unit } from '../../agent/core/catalog/measurement-spec.ts';

/** Grafana's name of each unit of the catalog (`@grafana/grafana-foundation-sdk/units`). */
const GRAFANA_UNITS: Readonly<Record<Unit, string>> = {
  s: 's',
  By: 'bytes',
  J: 'joule',
  ratio: 'percentunit',
  '1': 'short',
  '1/s': 'cps',
  '1/J': 'suffix: /J',
  text: 'string',
  '%': 'percent',
  MiB: 'mbytes',
  MHz: 'suffix: MHz',
  Cel: 'celsius',
  W: 'watt',
  'kB/s': 'KBs',
  us: 'µs',
};

/** Where the catalog's unit does not say of what: the same quantity under a name that says it. */
export const REQUESTS_PER_SECOND = 'reqps';
export const TOKENS_PER_SECOND = 'suffix: tok/s';
export const TOKENS_PER_JOULE = 'suffix: tok/J';
/** A ratio to a baseline: 0.62 × is easier to read than 62 %. */
export const TIMES = 'suffix: ×';

/** The unit of a field; throws where the catalog has no such field. */
export function unitOf(measurement: keyof typeof catalog, field: string): string {
  const spec: MeasurementSpec = catalog[measurement];
  const found = spec.fields[field];
  if (found === undefined) throw new Error(`bug: ${measurement} has no field ${field}`);
  return GRAFANA_UNITS[found.unit];
}

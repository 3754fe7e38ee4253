import type { catalog } from './catalog/catalog.ts';

type Catalog = typeof catalog;
export type MeasurementName = keyof Catalog;
export type Tags = Readonly<Record<string, string>>;

type FieldValue<T extends string> = T extends 'string' ? string : T extends 'boolean' ? boolean : number;

/** The fields of a measurement as the catalog types them. An unknown value is absent, never 0; NaN counts as absent. */
export type FieldsOf<M extends MeasurementName> = {
  readonly [F in keyof Catalog[M]['fields']]?: Catalog[M]['fields'][F] extends {
    type: infer T extends string;
  }
    ? FieldValue<T> | undefined
    : never;
};

/**
 * What identifies a series in a store: measurement and tags. Built once for a series and kept by whoever emits
 * its points, so that an encoder may keep its own rendering (`encodedKey`) on it.
 */
export class PointSeries<M extends MeasurementName = MeasurementName> {
  readonly measurement: M;
  /** Sorted by key, without empty values: line protocol forbids those. */
  readonly tags: Tags;
  /** Owned by core/line-protocol; a text, because a typed array takes twice the memory. */
  encodedKey: string | undefined = undefined;

  constructor(measurement: M, tags: Readonly<Record<string, string | undefined>>) {
    this.measurement = measurement;
    this.tags = sortTags(tags);
  }
}

/** One row of a measurement. `Point` alone is the union over all measurements. */
export interface PointOf<M extends MeasurementName> {
  readonly series: PointSeries<M>;
  readonly fields: FieldsOf<M>;
  /** Unix milliseconds; of a window, its end. */
  readonly timestampMs: number;
}

export type Point = { [M in MeasurementName]: PointOf<M> }[MeasurementName];

function sortTags(tags: Readonly<Record<string, string | undefined>>): Tags {
  const sorted: Record<string, string> = {};
  for (const key of Object.keys(tags).sort()) {
    const value = tags[key];
    if (value !== undefined && value !== '') sorted[key] = value;
  }
  return sorted;
}

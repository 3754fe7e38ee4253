import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** How Grafana makes frames of an answer: one a series, or one table of all. */
export type ResultFormat = 'time_series' | 'table';

/** A query as Grafana's InfluxDB data source keeps it in InfluxQL mode; the SDK has no type for it. */
export interface InfluxqlTarget extends Dataquery {
  readonly refId: string;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: ResultFormat;
  /** Name of the series: `$tag_KEY`, `$col`. */
  readonly alias?: string;
  /** Absent: the panel's. */
  readonly datasource?: DataSourceRef;
}

/** How the answers of a target are named and shaped. */
export interface TargetOptions {
  readonly alias?: string;
  readonly format?: ResultFormat;
}

/** A target with the letter A; a panel gives its targets letters in their order. */
export function influxqlTarget(query: string, { alias, format = 'time_series' }: TargetOptions = {}) {
  return (refId: string): Builder<Dataquery> => {
    const target: InfluxqlTarget = {
      refId,
      query,
      rawQuery: true,
      resultFormat: format,
      ...(alias !== undefined && { alias }),
      _implementsDataqueryVariant: () => undefined,
    };
    return { build: () => target };
  };
}

/** Tags with a variable of the same name, but for `gpu`, which holds a UUID as well. */
type FilteredTag = 'model' | 'variant' | 'instance' | 'baseline' | 'uuid' | 'gpu';

/** A condition that a tag has one of the values that its variable holds: all, one or several. */
export function matches(tag: FilteredTag): string {
  const variable = tag === 'gpu' ? 'uuid' : tag;
  return `"${tag}" =~ /^\${${variable}:regex}$/`;
}

/** Grafana puts the range of the dashboard here. */
export const RANGE = '$timeFilter';

/** What the variables of these tags choose, further conditions, and the time range, joined. */
export function where(tags: readonly FilteredTag[], ...conditions: readonly string[]): string {
  return [...tags.map(matches), ...conditions, RANGE].join(' AND ');
}

/** Points of the chosen window; longer ones overlap, so that only figures of one length belong in one series. */
export const CHOSEN_WINDOW = `"window" = '$window'`;

/** The step of a chart, by the tags that make a line each; steps without points are null, so that a line can break. */
export function everyStep(...tags: readonly string[]): string {
  return `GROUP BY ${['time($__interval)', ...quoted(tags)].join(', ')} fill(null)`;
}

function quoted(tags: readonly string[]): string[] {
  return tags.map((tag) => (tag === '*' ? tag : `"${tag}"`));
}

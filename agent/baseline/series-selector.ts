import type { SeriesTags } from '../core/series-tags.ts';

const TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;

/** Which series are meant: those that have what it says; what it leaves out may be anything. */
export interface SeriesSelector {
  readonly model: string;
  readonly variant?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly server?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export function isSelected(tags: SeriesTags, selector: SeriesSelector): boolean {
  const { labels = {} } = selector;
  return (
    TEXTS.every((key) => selector[key] === undefined || selector[key] === tags[key]) &&
    Object.entries(labels).every(([name, value]) => tags.labels[name] === value)
  );
}

/** For people: `resnet50/int8`, and in brackets what else a series says of itself. */
export function seriesLabel({ model, variant, version, operation, server, labels }: SeriesTags): string {
  const others = Object.entries({ version, operation, server, ...labels }).filter(
    ([, value]) => value !== '',
  );
  const more = others.map(([name, value]) => `${name}=${value}`).join(', ');
  return `${model}/${variant}${more === '' ? '' : ` (${more})`}`;
}

/** The same for the same series. */
export function seriesKey({ model, variant, version, operation, server, labels }: SeriesTags): string {
  return JSON.stringify([model, variant, version, operation, server, labels]);
}

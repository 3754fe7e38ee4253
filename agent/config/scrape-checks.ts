import type { Conflict } from './conflict.ts';
import type { ParsedConfig } from './schema.ts';

/** Entries of `scrape` that would write the same points. */
export function scrapeConflicts(scrape: ParsedConfig['scrape']): Conflict[] {
  return scrape.flatMap(({ url, model }, index): Conflict[] => {
    const first = scrape.findIndex(
      (other) =>
        placeOf(other.url) === placeOf(url) &&
        (other.model === model || other.model === undefined || model === undefined),
    );
    if (first === index) return [];
    return [{ paths: [['scrape', index]], message: `scrape[${first}] reads the same url and model` }];
  });
}

/** A url without a path means /metrics. */
function placeOf(url: string): string {
  return url.replace(/\/metrics$/, '');
}

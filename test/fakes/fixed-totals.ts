import type { SeriesTags } from '../../agent/core/series-tags.ts';
import type { HistogramTotals, SeriesTotals, TotalsReader } from '../../agent/core/totals.ts';

/** The requests of one series: durations of the successful ones, and of one phase of each. */
export interface FixedSeries {
  readonly tags: Partial<SeriesTags> & Pick<SeriesTags, 'model'>;
  readonly seconds: readonly number[];
  readonly errors?: number;
  readonly phases?: Readonly<Record<string, readonly number[]>>;
  readonly outputTokens?: number;
}

const NO_TAGS: SeriesTags = {
  model: '',
  variant: 'default',
  version: '',
  operation: '',
  server: '',
  labels: {},
};

/** Totals as given; `series` may be changed between two readings. */
export class FixedTotals implements TotalsReader {
  series: readonly FixedSeries[];

  constructor(...series: FixedSeries[]) {
    this.series = series;
  }

  *readTotals(boundsSeconds: readonly number[]): Iterable<SeriesTotals> {
    for (const { tags, seconds, errors = 0, phases = {}, outputTokens = 0 } of this.series) {
      const entries = Object.entries(phases).map(([name, values]) => [
        name,
        histogramOf(values, boundsSeconds),
      ]);
      yield {
        tags: { ...NO_TAGS, ...tags },
        requests: seconds.length + errors,
        errors,
        inputTokens: 0,
        outputTokens,
        latency: histogramOf(seconds, boundsSeconds),
        phases: Object.fromEntries(entries),
      };
    }
  }
}

function histogramOf(values: readonly number[], boundsSeconds: readonly number[]): HistogramTotals {
  return {
    buckets: boundsSeconds.map((bound) => values.filter((value) => value <= bound).length),
    sumSeconds: values.reduce((sum, value) => sum + value, 0),
    count: values.length,
  };
}

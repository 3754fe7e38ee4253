import type { BinnedValues } from '../../agent/baseline/recording.ts';
import { binOf } from '../../agent/core/duration-bins.ts';

/** The values, counted one by one: the reference that recordings are held against. */
export function binned(values: readonly number[]): BinnedValues {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(binOf(value), (counts.get(binOf(value)) ?? 0) + 1);
  const ascending = [...counts].sort(([a], [b]) => a - b);
  return {
    bins: ascending.map(([bin]) => bin),
    counts: ascending.map(([, count]) => count),
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

import type { Recording } from './recording.ts';

/** The latencies of a whole recording: `counts[i]` of them lie in bin `bins[i]` of core/duration-bins. */
export interface LatencyDistribution {
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

export function latencyDistribution({ slices }: Recording): LatencyDistribution {
  const counts = new Map<number, number>();
  for (const { latency } of slices) {
    for (let index = 0; index < (latency?.bins.length ?? 0); index++) {
      const bin = latency?.bins[index] ?? 0;
      counts.set(bin, (counts.get(bin) ?? 0) + (latency?.counts[index] ?? 0));
    }
  }
  const ascending = [...counts].sort(([a], [b]) => a - b);
  return { bins: ascending.map(([bin]) => bin), counts: ascending.map(([, count]) => count) };
}

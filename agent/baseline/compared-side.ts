import type { ComparedSide } from './comparison.ts';
import type { Recording } from './recording.ts';

/** One side as a whole: every slice that was watched. */
export function describeSide(recording: Recording): ComparedSide {
  const { series, fromMs, toMs, sliceMs, slices } = recording;
  let [requests, weight, stated, errors, weightedNs] = [0, 0, 0, 0, 0];
  for (const slice of slices) {
    requests += slice.requests;
    weight += slice.weight;
    stated += slice.stated;
    errors += slice.errors;
    weightedNs += slice.weightedNs;
  }
  const watchedMs = slices.length * sliceMs;
  const perMs = watchedMs > 0 ? 1 / watchedMs : 0;
  return {
    series,
    fromMs,
    toMs,
    watchedMs,
    requests,
    errors,
    ...(stated > 0 && { errorRatio: errors / stated }),
    requestRate: weight * perMs * 1e3,
    concurrencyMean: weightedNs * perMs * 1e-6,
  };
}

import { describeSide } from './compared-side.ts';
import { directionOf, type MeasuredPair } from './measured-pair.ts';
import type { Recording } from './recording.ts';
import type { Estimate } from './statistics/estimate.ts';
import { estimateRatio, STEADY_ERROR } from './statistics/mean-estimate.ts';
import { perSlice, wholeSample } from './statistics/sample.ts';

/**
 * Requests a second, of all slices. Clients that wait for answers send more of them to a faster model, others send at
 * their own pace: a difference is the model's doing only where the concurrency differs far less than the rate.
 */
export function ratePair(baseline: Recording, candidate: Recording, confidence: number): MeasuredPair {
  const [of, by] = [estimateRate(baseline), estimateRate(candidate)];
  const pair = {
    metric: 'request_rate',
    unit: '1/s',
    better: 'higher',
    ...(of && { baseline: of }),
    ...(by && { candidate: by }),
  } as const;
  if (directionOf(pair, confidence) === undefined || clientsWait(baseline, candidate)) return pair;
  return { ...pair, shortfall: { verdict: 'not_comparable', reason: 'the clients set it, not the model' } };
}

function estimateRate({ slices, sliceMs }: Recording): Estimate | undefined {
  const sample = wholeSample(slices);
  const above = perSlice(sample, (slice) => slice.weight);
  const below = perSlice(sample, () => sliceMs / 1000);
  const estimate = estimateRatio({ ...sample, above, below }, STEADY_ERROR);
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  // However even the rate, one request more or less falls into a range.
  return estimate && { ...estimate, rounding: 1 / Math.max(1, requests) };
}

function clientsWait(baseline: Recording, candidate: Recording): boolean {
  const [of, by] = [describeSide(baseline), describeSide(candidate)];
  const rates = Math.abs(Math.log(by.requestRate / of.requestRate));
  return Math.abs(Math.log(by.concurrencyMean / of.concurrencyMean)) < rates / 2;
}

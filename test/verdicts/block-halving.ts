import type { Recording } from '../../agent/baseline/recording.ts';
import type { Estimate } from '../../agent/baseline/statistics/estimate.ts';
import { binAt, poolValues, valueAt, valueOfBin } from '../../agent/baseline/statistics/pooled-values.ts';
import { wholeSample } from '../../agent/baseline/statistics/sample.ts';

const MOST_BLOCKS = 40;
const FEWEST_BLOCKS = 10;

/**
 * The method that was tried before, to be measured beside ours: blocks of slices, at first 40, halved in number while
 * the lag-1 autocorrelation of their counts exceeds 1/√k; undefined below 10 blocks. `independent` takes each request
 * for independent instead.
 */
export function estimateByBlocks(recording: Recording, p: number, independent = false): Estimate | undefined {
  const pooled = poolValues(wholeSample(recording.slices), (slice) => slice.latency);
  if (!pooled) return undefined;
  const bin = binAt(pooled, p);
  const counts = recording.slices.map(({ latency }) => {
    if (!latency) return { upTo: 0, all: 0 };
    let upTo = 0;
    for (let entry = 0; entry < latency.bins.length && latency.bins[entry] <= bin; entry++) {
      upTo += latency.counts[entry];
    }
    return { upTo, all: latency.count };
  });
  const share = counts.reduce((sum, { upTo }) => sum + upTo, 0) / pooled.total;
  const deviations = counts.map(({ upTo, all }) => upTo - share * all);
  const blocks = independent ? deviations : independentBlocks(deviations);
  if (!blocks) return undefined;
  const k = blocks.length;
  const squares = blocks.reduce((sum, deviation) => sum + deviation ** 2, 0);
  const blockError = Math.sqrt((k / (k - 1)) * squares) / pooled.total;
  const error = independent ? Math.sqrt((p * (1 - p)) / pooled.total) : blockError;
  const value = valueOfBin(pooled, bin);
  return {
    value,
    degrees: independent ? pooled.total : k - 1,
    persistence: 1,
    drift: 0,
    rounding: 0,
    bounds: (t) => [
      Math.min(value, valueAt(pooled, p - t * error)),
      Math.max(value, valueAt(pooled, p + t * error)),
    ],
  };
}

function independentBlocks(slices: readonly number[]): readonly number[] | undefined {
  for (let k = MOST_BLOCKS; k >= FEWEST_BLOCKS; k = Math.floor(k / 2)) {
    const blocks = new Array<number>(k).fill(0);
    for (const [slice, deviation] of slices.entries())
      blocks[Math.floor((slice * k) / slices.length)] += deviation;
    if (autocorrelation(blocks) <= 1 / Math.sqrt(k)) return blocks;
  }
  return undefined;
}

function autocorrelation(values: readonly number[]): number {
  const products = values.slice(1).reduce((sum, value, index) => sum + value * values[index], 0);
  return products / values.reduce((sum, value) => sum + value ** 2, 0);
}

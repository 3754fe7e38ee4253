import type { SliceRecord } from './recording.ts';
import { incompleteBeta } from './statistics/incomplete-beta.ts';
import { ratioOfSums } from './statistics/ratio-of-sums.ts';
import { perSlice, wholeSample } from './statistics/sample.ts';

interface ErrorShare {
  readonly errors: number;
  readonly stated: number;
  readonly standardError: number;
}

/**
 * Whether the candidate's error ratio is above the baseline's by more than chance: given all errors, the candidate's
 * are binomial by its share of the requests. Errors come in bursts: their number is divided by how much their variance
 * over slices exceeds that of independent ones. False where a side states no status.
 */
export function errorsRose(
  baseline: readonly SliceRecord[],
  candidate: readonly SliceRecord[],
  confidence: number,
): boolean {
  const [of, by] = [shareOf(baseline), shareOf(candidate)];
  if (of.stated === 0 || by.stated === 0) return false;
  if (by.errors / by.stated <= of.errors / of.stated) return false;
  const burst = burstFactor(of, by);
  const chance = incompleteBeta(
    by.stated / (of.stated + by.stated),
    by.errors / burst,
    of.errors / burst + 1,
  );
  return chance <= 1 - confidence;
}

function shareOf(slices: readonly SliceRecord[]): ErrorShare {
  const sample = wholeSample(slices);
  const above = perSlice(sample, (slice) => slice.errors);
  const below = perSlice(sample, (slice) => slice.stated);
  const { standardError } = ratioOfSums({ ...sample, above, below });
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return { errors: sum(above), stated: sum(below), standardError };
}

/** Variance of the difference beside that of independent requests; at least 1. */
function burstFactor(of: ErrorShare, by: ErrorShare): number {
  const share = (of.errors + by.errors) / (of.stated + by.stated);
  const independent = share * (1 - share) * (1 / of.stated + 1 / by.stated);
  const measured = of.standardError ** 2 + by.standardError ** 2;
  return independent > 0 ? Math.max(1, measured / independent) : 1;
}

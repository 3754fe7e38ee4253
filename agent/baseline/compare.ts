import { describeSide } from './compared-side.ts';
import type { Comparison, MetricComparison } from './comparison.ts';
import { errorsRose } from './error-rise.ts';
import { percent } from './figure-text.ts';
import { gpuPairs } from './gpu-pairs.ts';
import { type LoadMatch, matchLoad } from './load-match.ts';
import { judgePair, type MeasuredPair, type Shortfall } from './measured-pair.ts';
import { conclude } from './overall-verdict.ts';
import { ratePair } from './rate-pair.ts';
import { MIN_SLICES, type Recording } from './recording.ts';
import { latencyPairs, MIN_VALUES, phasePairs, type SamplePair } from './request-pairs.ts';
import { wholeSample } from './statistics/sample.ts';
import { findWorkDifference } from './work-difference.ts';

const OTHER_MIX: Shortfall = {
  verdict: 'not_comparable',
  reason: 'the load changes differently, and what GPUs take is not known by its levels',
};

export interface CompareOptions {
  /** Of each row's bounds, and of the verdict over all; default 0.95. */
  readonly confidence?: number;
}

/**
 * Whether a candidate is better than its baseline: ratios with bounds, and a verdict in words. Pure. Too short a
 * recording, another load or other work never yield a verdict; more errors yield `unsafe`.
 */
export function compareRecordings(
  baseline: Recording,
  candidate: Recording,
  { confidence = 0.95 }: CompareOptions = {},
): Comparison {
  const sides = { baseline: describeSide(baseline), candidate: describeSide(candidate) };
  const short = findShortSide(baseline, candidate);
  const match = short ? undefined : matchLoad(baseline, candidate);
  const compared = match ?? {
    baseline: wholeSample(baseline.slices),
    candidate: wholeSample(candidate.slices),
  };
  const shortfall = short ?? findDifference(sides, compared, match);
  const withhold = (pair: MeasuredPair, reason = shortfall): MeasuredPair => ({
    ...pair,
    ...(reason && { shortfall: reason }),
  });
  const latency = latencyPairs(compared).map((pair) => withhold(pair));
  const wholes = gpuPairs(baseline.gpu, candidate.gpu);
  const pairs = [
    ...latency,
    withhold(ratePair(baseline, candidate, confidence)),
    ...wholes.map((pair) => withhold(pair, shortfall ?? (match?.sameMix ? undefined : OTHER_MIX))),
    ...phasePairs(compared).map((pair) => withhold(pair)),
  ];
  const rose = errorsRose(baseline.slices, candidate.slices, confidence);
  const rows = pairs.map((pair) => judgePair(pair, confidence));
  return {
    ...sides,
    confidence,
    metrics: rose ? rows.map(withoutPraise) : rows,
    ...conclude({ ...sides, latency, confidence, load: describeLoad(match), shortfall, errorsRose: rose }),
  };
}

function withoutPraise(row: MetricComparison): MetricComparison {
  return row.verdict === 'faster' ? { ...row, verdict: 'unsafe', reason: 'the error ratio rose' } : row;
}

function describeLoad(match: LoadMatch | undefined): string {
  if (!match) return '';
  if (match.share < 1) return `at like load (${percent(match.share)} of the requests)`;
  return match.load === 'rate' ? 'load alike' : 'concurrency alike';
}

function findShortSide(baseline: Recording, candidate: Recording): Shortfall | undefined {
  for (const [side, { slices }] of [
    ['baseline', baseline],
    ['candidate', candidate],
  ] as const) {
    const requests = slices.reduce((sum, slice) => sum + (slice.latency?.count ?? 0), 0);
    const verdict = 'too_few_requests';
    if (slices.length < MIN_SLICES) {
      return { verdict, reason: `slices of the ${side}: ${slices.length} of at least ${MIN_SLICES}` };
    }
    if (requests < MIN_VALUES) {
      return { verdict, reason: `successful requests of the ${side}: ${requests} of at least ${MIN_VALUES}` };
    }
  }
  return undefined;
}

function findDifference(
  sides: Pick<Comparison, 'baseline' | 'candidate'>,
  compared: SamplePair,
  match: LoadMatch | undefined,
): Shortfall | undefined {
  const reason = match ? findWorkDifference(compared.baseline, compared.candidate) : loadDifference(sides);
  return reason === undefined ? undefined : { verdict: 'not_comparable', reason };
}

function loadDifference({ baseline, candidate }: Pick<Comparison, 'baseline' | 'candidate'>): string {
  const rates = `${baseline.requestRate.toPrecision(3)} → ${candidate.requestRate.toPrecision(3)} requests/s`;
  const running = `${baseline.concurrencyMean.toPrecision(3)} → ${candidate.concurrencyMean.toPrecision(3)} at once`;
  return `load differs (${rates}, ${running})`;
}

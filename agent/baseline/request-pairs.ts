import type { MeasuredPair, Shortfall } from './measured-pair.ts';
import { type Estimate, scaleEstimate } from './statistics/estimate.ts';
import { estimateMean } from './statistics/mean-estimate.ts';
import { estimateQuantile } from './statistics/quantile-estimate.ts';
import type { Sample, ValuesOf } from './statistics/sample.ts';

/** Fewer values say too little about a distribution, and nothing about its p99. */
export const MIN_VALUES = 100;
const SECONDS = 1e-9;

/** Slices of both sides. */
export interface SamplePair {
  readonly baseline: Sample;
  readonly candidate: Sample;
}

interface Figure {
  readonly metric: string;
  readonly phase?: string;
  /** Of a quantile; absent: the mean. */
  readonly p?: number;
}

/** Mean and percentiles of the latency of successful requests. */
export function latencyPairs(sides: SamplePair): readonly MeasuredPair[] {
  const figures: readonly Figure[] = [
    { metric: 'latency_mean' },
    { metric: 'latency_p50', p: 0.5 },
    { metric: 'latency_p95', p: 0.95 },
    { metric: 'latency_p99', p: 0.99 },
  ];
  return figures.map((figure) => durationPair(sides, (slice) => slice.latency, figure));
}

/** Mean and percentiles of each phase that either side reports, by name. */
export function phasePairs(sides: SamplePair): readonly MeasuredPair[] {
  const slices = [...sides.baseline.slices, ...sides.candidate.slices];
  const names = new Set(slices.flatMap((slice) => [...slice.phases.keys()]));
  return [...names].sort().flatMap((phase) => {
    const figures: readonly Figure[] = [
      { metric: 'phase_mean', phase },
      { metric: 'phase_p50', phase, p: 0.5 },
      { metric: 'phase_p95', phase, p: 0.95 },
    ];
    return figures.map((figure) => durationPair(sides, (slice) => slice.phases.get(phase), figure));
  });
}

function durationPair(sides: SamplePair, valuesOf: ValuesOf, { p, ...names }: Figure): MeasuredPair {
  const [baseline, candidate] = [sides.baseline, sides.candidate].map((sample) => {
    const count = countOf(sample, valuesOf);
    return { count, estimate: estimateDuration({ sample, valuesOf, count }, p) };
  });
  const few = Math.min(baseline.count, candidate.count);
  return {
    ...names,
    unit: 's',
    better: 'lower',
    ...(baseline.estimate && { baseline: baseline.estimate }),
    ...(candidate.estimate && { candidate: candidate.estimate }),
    ...(few > 0 && few < MIN_VALUES && { shortfall: tooFew(few) }),
  };
}

function estimateDuration(
  { sample, valuesOf, count }: { sample: Sample; valuesOf: ValuesOf; count: number },
  p: number | undefined,
): Estimate | undefined {
  if (p === 0.99 && count < MIN_VALUES) return undefined;
  const estimate = p === undefined ? estimateMean(sample, valuesOf) : estimateQuantile(sample, valuesOf, p);
  return estimate && scaleEstimate(estimate, SECONDS);
}

function countOf(sample: Sample, valuesOf: ValuesOf): number {
  return sample.slices.reduce((sum, slice) => sum + (valuesOf(slice)?.count ?? 0), 0);
}

function tooFew(count: number): Shortfall {
  return {
    verdict: 'too_few_requests',
    reason: `values: ${count} of at least ${MIN_VALUES}`,
  };
}

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
  return durationPairs(sides, (slice) => slice.latency, [
    { metric: 'latency_mean' },
    { metric: 'latency_p50', p: 0.5 },
    { metric: 'latency_p95', p: 0.95 },
    { metric: 'latency_p99', p: 0.99 },
  ]);
}

/** Mean and percentiles of each phase that either side reports, by name. */
export function phasePairs(sides: SamplePair): readonly MeasuredPair[] {
  const slices = [...sides.baseline.slices, ...sides.candidate.slices];
  const names = new Set(slices.flatMap((slice) => [...slice.phases.keys()]));
  return [...names].sort().flatMap((phase) =>
    durationPairs(sides, (slice) => slice.phases.get(phase), [
      { metric: 'phase_mean', phase },
      { metric: 'phase_p50', phase, p: 0.5 },
      { metric: 'phase_p95', phase, p: 0.95 },
    ]),
  );
}

function durationPairs(
  sides: SamplePair,
  valuesOf: ValuesOf,
  figures: readonly Figure[],
): readonly MeasuredPair[] {
  const baseline = estimateFigures(sides.baseline, valuesOf, figures);
  const candidate = estimateFigures(sides.candidate, valuesOf, figures);
  const few = Math.min(baseline.count, candidate.count);
  return figures.map(({ p, ...names }, index) => {
    const [of, by] = [baseline.estimates[index], candidate.estimates[index]];
    return {
      ...names,
      unit: 's',
      better: 'lower',
      ...(of && { baseline: of }),
      ...(by && { candidate: by }),
      ...(few > 0 && few < MIN_VALUES && { shortfall: tooFew(few) }),
    };
  });
}

/** Figures of one side's durations. Where one of them drifts, all do: some can tell it better than others. */
function estimateFigures(
  sample: Sample,
  valuesOf: ValuesOf,
  figures: readonly Figure[],
): { count: number; estimates: readonly (Estimate | undefined)[] } {
  const count = sample.slices.reduce((sum, slice) => sum + (valuesOf(slice)?.count ?? 0), 0);
  const own = figures.map(({ p }) => {
    if (p === undefined) return estimateMean(sample, valuesOf);
    return p === 0.99 && count < MIN_VALUES ? undefined : estimateQuantile(sample, valuesOf, p);
  });
  const persistence = Math.max(...own.map((estimate) => estimate?.persistence ?? 1));
  const drift = Math.max(...own.map((estimate) => estimate?.drift ?? 0));
  const estimates = own.map(
    (estimate) => estimate && { ...scaleEstimate(estimate, SECONDS), persistence, drift },
  );
  return { count, estimates };
}

function tooFew(count: number): Shortfall {
  return { verdict: 'too_few_requests', reason: `values: ${count} of at least ${MIN_VALUES}` };
}

import type { Estimate } from './estimate.ts';
import { studentQuantile } from './student-t.ts';

/** Where the ratio of two figures lies; 0 or Infinity where the data set no bound. */
export interface RatioBounds {
  readonly low: number;
  readonly high: number;
}

/** `t` at which the sides' uncertainties are weighed against each other. */
const WEIGHED_AT = 2;

/**
 * Bounds of candidate / baseline from those of both sides: their distances on the scale of logarithms add up in
 * quadrature (the MOVER of Donner and Zou), with degrees of freedom by Welch and Satterthwaite, and then both sides'
 * rounding.
 */
export function boundRatio(baseline: Estimate, candidate: Estimate, confidence: number): RatioBounds {
  const t = studentQuantile(confidence, jointDegrees(baseline, candidate));
  const [belowBaseline, aboveBaseline] = distances(baseline, t);
  const [belowCandidate, aboveCandidate] = distances(candidate, t);
  const bins = Math.log1p(baseline.rounding) + Math.log1p(candidate.rounding);
  const ratio = candidate.value / baseline.value;
  return {
    low: ratio * Math.exp(-Math.hypot(belowCandidate, aboveBaseline) - bins),
    high: ratio * Math.exp(Math.hypot(aboveCandidate, belowBaseline) + bins),
  };
}

/** How far the bounds lie from the value, as logarithms. */
function distances(estimate: Estimate, t: number): [number, number] {
  const [low, high] = estimate.bounds(t);
  return [Math.log(estimate.value / low), Math.log(high / estimate.value)];
}

function jointDegrees(baseline: Estimate, candidate: Estimate): number {
  const varianceOfBaseline = roughVariance(baseline);
  const varianceOfCandidate = roughVariance(candidate);
  const sum = varianceOfBaseline + varianceOfCandidate;
  const few = Math.min(baseline.degrees, candidate.degrees);
  if (!(sum > 0) || !Number.isFinite(sum)) return few;
  const joint =
    sum ** 2 / (varianceOfBaseline ** 2 / baseline.degrees + varianceOfCandidate ** 2 / candidate.degrees);
  return Math.max(few, joint);
}

function roughVariance(estimate: Estimate): number {
  const [below, above] = distances(estimate, WEIGHED_AT);
  return Math.min(below, above) ** 2;
}

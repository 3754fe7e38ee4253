import type { Estimate } from './estimate.ts';

/** Enough to show a trend and its bends, and each as long as can be. */
const PARTS = 5;
/** Of freedom: what all parts of a recording that drifts are worth together. */
const DEGREES = 2;
/** The standard error of a figure that drifts, beside how far its parts lie apart. */
const ERROR = 0.5;

/**
 * How far the figures of consecutive parts of a recording lie apart: the logarithm of the highest by the lowest;
 * Infinity where a part has none. `figureOf` reads the slices `from` … `to − 1`.
 */
export function driftOf(slices: number, figureOf: (from: number, to: number) => number | undefined): number {
  let [low, high] = [Infinity, 0];
  for (let part = 0; part < PARTS; part++) {
    const [from, to] = [part, part + 1].map((edge) => Math.round((edge * slices) / PARTS));
    const figure = figureOf(from, to) ?? 0;
    if (!(figure > 0)) return Infinity;
    low = Math.min(low, figure);
    high = Math.max(high, figure);
  }
  return Math.log(high / low);
}

/**
 * The figure with bounds for its drift instead of those for chance, which a drift exceeds: it may have begun before the
 * recording, and go on after it. docs/decisions/0012 has how often that held.
 */
export function boundDrift(estimate: Estimate): Estimate {
  const { value, drift } = estimate;
  return {
    ...estimate,
    degrees: DEGREES,
    bounds: (t) => [value * Math.exp(-t * ERROR * drift), value * Math.exp(t * ERROR * drift)],
  };
}

import { incompleteBeta } from './incomplete-beta.ts';

const PRECISION = 1e-10;

/**
 * The t that a value of Student's distribution stays within, in magnitude, with probability `confidence`. `degrees`
 * of freedom need not be whole.
 */
export function studentQuantile(confidence: number, degrees: number): number {
  let high = 2;
  while (outside(high, degrees) > 1 - confidence) high *= 2;
  let low = 0;
  while (high - low > PRECISION * high) {
    const middle = (low + high) / 2;
    if (outside(middle, degrees) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability of a magnitude above t. */
function outside(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

const LANCZOS = [
  76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.001208650973866179,
  -0.000005395239384953,
];
const MAX_STEPS = 500;
const PRECISION = 1e-14;
const TINY = 1e-300;

/**
 * The regularized incomplete beta function I_x(a, b), 0 ≤ x ≤ 1, a and b above 0: the tails of the binomial and of
 * Student's distribution. By its continued fraction (Abramowitz and Stegun 26.5.8), good to ten digits.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  const mirrored = x > (a + 1) / (a + b + 2);
  return mirrored ? 1 - (front * fraction(1 - x, b, a)) / b : (front * fraction(x, a, b)) / a;
}

/** Lentz's way to evaluate a continued fraction from its head. */
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return value;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** Lanczos's series with six terms: a relative error below 2e-10. */
function logGamma(x: number): number {
  const shifted = x + 5.5;
  let series = 1.000000000190015;
  for (let term = 0; term < LANCZOS.length; term++) series += LANCZOS[term] / (x + term + 1);
  return (x + 0.5) * Math.log(shifted) - shifted + Math.log((Math.sqrt(2 * Math.PI) * series) / x);
}

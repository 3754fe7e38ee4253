import { expect } from 'chai';
import type { ExpectedFields } from './reference-windows.ts';

const MAX_QUANTILE_ERROR = 0.01;
const MIN_COVERAGE_FOR_RATES = 0.1;
const EXACT = 1e-9;
/** Durations below 1 ns share a bin. */
const RESOLUTION_SECONDS = 2e-9;

/** Each field of a point against the exact value; absent must be absent. */
export function checkFields(
  actual: Readonly<Record<string, unknown>>,
  expected: ExpectedFields,
  windowSeconds: number,
): void {
  for (const [name, value] of Object.entries(expected)) {
    if (name.endsWith('·s')) checkRate(actual, name, value, windowSeconds);
    else checkValue(actual[name], name, value, expected);
  }
  const known = new Set([...Object.keys(expected).map((name) => name.replace('·s', '')), 'coverage_ratio']);
  const surplus = Object.keys(actual).filter((name) => !known.has(name));
  expect(surplus, 'fields that nobody expects').to.deep.equal([]);
}

function checkRate(
  actual: Readonly<Record<string, unknown>>,
  name: string,
  sum: number | undefined,
  windowSeconds: number,
): void {
  const coverage = actual['coverage_ratio'] as number;
  const rate = (sum ?? 0) / (windowSeconds * coverage);
  const value = actual[name.replace('·s', '')];
  if (sum === undefined || coverage < MIN_COVERAGE_FOR_RATES) expect(value, name).to.equal(undefined);
  else expect(value, name).to.be.closeTo(rate, rate * EXACT);
}

function checkValue(actual: unknown, name: string, value: number | undefined, all: ExpectedFields): void {
  if (value === undefined) {
    expect(actual, name).to.equal(undefined);
  } else if (/p\d+/.test(name)) {
    expect(actual, name).to.be.closeTo(value, value * MAX_QUANTILE_ERROR + RESOLUTION_SECONDS);
  } else if (name.includes('stddev')) {
    expect(actual, name).to.be.closeTo(
      value,
      (all['latency_max_seconds'] ?? 0) * MAX_QUANTILE_ERROR + RESOLUTION_SECONDS,
    );
  } else {
    expect(actual, name).to.be.closeTo(value, Math.abs(value) * EXACT);
  }
}

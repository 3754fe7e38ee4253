import { expect } from 'chai';
import type { Estimate } from '../../../agent/baseline/statistics/estimate.ts';
import { boundRatio } from '../../../agent/baseline/statistics/ratio-interval.ts';

/** A figure whose logarithm has the standard error `error`. */
function figure(value: number, error: number, others: Partial<Estimate> = {}): Estimate {
  const bounds = (t: number): [number, number] => [value * Math.exp(-t * error), value * Math.exp(t * error)];
  return { value, degrees: 1e9, persistence: 1, drift: 0, rounding: 0, bounds, ...others };
}

describe('bounds of a ratio', () => {
  const cases: readonly [string, Estimate, Estimate, number, number][] = [
    ['are the ratio where both figures are exact', figure(2, 0), figure(3, 0), 1.5, 1.5],
    [
      'are those of the one that is not exact',
      figure(1, 0),
      figure(1, 0.1),
      Math.exp(-0.196),
      Math.exp(0.196),
    ],
    ['add errors in quadrature', figure(1, 0.03), figure(1, 0.04), Math.exp(-0.098), Math.exp(0.098)],
    [
      'add both bins',
      figure(1, 0, { rounding: 0.01 }),
      figure(1, 0, { rounding: 0.01 }),
      1 / 1.01 ** 2,
      1.01 ** 2,
    ],
    [
      'are as uneven as those of the figures',
      figure(1, 0, { bounds: () => [0.8, 1.1] }),
      figure(1, 0),
      1 / 1.1,
      1.25,
    ],
    [
      'have no top where the candidate has none',
      figure(1, 0),
      figure(1, 0, { bounds: () => [0.5, Infinity] }),
      0.5,
      Infinity,
    ],
    [
      'have no bottom where the baseline has no top',
      figure(1, 0, { bounds: () => [0.5, Infinity] }),
      figure(1, 0),
      0,
      2,
    ],
  ];
  for (const [name, baseline, candidate, low, high] of cases) {
    it(name, () => {
      const bounds = boundRatio(baseline, candidate, 0.95);
      expect(bounds.low).to.be.closeTo(low, 1e-4);
      if (high === Infinity) expect(bounds.high).to.equal(Infinity);
      else expect(bounds.high).to.be.closeTo(high, 1e-4);
    });
  }

  for (const [name, baseline, candidate, t] of [
    [
      'two equal errors of 6 each have 12',
      figure(1, 0.1, { degrees: 6 }),
      figure(1, 0.1, { degrees: 6 }),
      2.179,
    ],
    [
      'a sure baseline leaves the 6 of the candidate',
      figure(1, 0, { degrees: 6 }),
      figure(1, 0.1, { degrees: 6 }),
      2.447,
    ],
  ] as const) {
    it(`follow Student's t: ${name} degrees of freedom`, () => {
      const { high } = boundRatio(baseline, candidate, 0.95);
      expect(
        Math.log(high) / Math.hypot(...[baseline, candidate].map((side) => Math.log(side.bounds(1)[1]))),
      ).to.be.closeTo(t, 1e-3);
    });
  }
});

import { expect } from 'chai';
import { incompleteBeta } from '../../../agent/baseline/statistics/incomplete-beta.ts';
import { studentQuantile } from '../../../agent/baseline/statistics/student-t.ts';

describe("Student's t", () => {
  // From the tables that every textbook prints.
  const cases: readonly [confidence: number, degrees: number, t: number][] = [
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 6, 2.447],
    [0.95, 12, 2.179],
    [0.99, 12, 3.055],
    [0.9, 30, 1.697],
    [0.95, 1e6, 1.96],
    [0.5, 3, 0.765],
  ];
  for (const [confidence, degrees, t] of cases) {
    it(`holds ${confidence * 100} % within ${t} with ${degrees} degrees of freedom`, () =>
      expect(studentQuantile(confidence, degrees)).to.be.closeTo(t, 5e-4));
  }
});

describe('the incomplete beta function', () => {
  const cases: readonly [name: string, actual: number, expected: number][] = [
    ['is 0 at 0', incompleteBeta(0, 2, 3), 0],
    ['is 1 at 1', incompleteBeta(1, 2, 3), 1],
    ['is x for a = b = 1', incompleteBeta(0.3, 1, 1), 0.3],
    ['is one half in the middle of a symmetric one', incompleteBeta(0.5, 7.5, 7.5), 0.5],
    ['is the chance of 5 heads in 5 throws', incompleteBeta(0.5, 5, 1), 1 / 32],
    ['is the chance of 8 or more heads in 10 throws', incompleteBeta(0.5, 8, 3), 56 / 1024],
    ['is the chance of 2 or more sixes in 3 throws', incompleteBeta(1 / 6, 2, 2), 16 / 216],
  ];
  for (const [name, actual, expected] of cases) {
    it(name, () => expect(actual).to.be.closeTo(expected, 1e-9));
  }
});

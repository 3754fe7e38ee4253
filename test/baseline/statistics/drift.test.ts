import { expect } from 'chai';
import { boundDrift, driftOf } from '../../../agent/baseline/statistics/drift.ts';
import type { Estimate } from '../../../agent/baseline/statistics/estimate.ts';

const SLICES = 42;

/** The drift of a figure that is the mean of one number a slice. */
function driftOfMeans(valueAt: (slice: number) => number): number {
  return driftOf(SLICES, (from, to) => {
    const values = Array.from({ length: to - from }, (_, index) => valueAt(from + index));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

describe('a drift', () => {
  const cases: readonly [name: string, valueAt: (slice: number) => number, expected: number][] = [
    ['is none where all slices are alike', () => 7, 0],
    [
      'of a trend lies between the means of the first and the last fifth',
      (slice) => 10 + slice,
      Math.log(47.5 / 13.5),
    ],
    ['goes up as well as down', (slice) => 51 - slice, Math.log(47.5 / 13.5)],
    ['counts what comes back', (slice) => (slice >= 17 && slice < 25 ? 2 : 1), Math.log(2)],
    ['is not known where a part has no figure', (slice) => (slice < 10 ? Number.NaN : 1), Infinity],
    ['is not known where a part is 0', (slice) => (slice < 10 ? 0 : 1), Infinity],
  ];
  for (const [name, valueAt, expected] of cases) {
    it(name, () => expect(Math.exp(-driftOfMeans(valueAt))).to.be.closeTo(Math.exp(-expected), 1e-9));
  }

  it('reads each slice once, in order', () => {
    const read: number[] = [];
    driftOf(SLICES, (from, to) => {
      for (let slice = from; slice < to; slice++) read.push(slice);
      return 1;
    });
    expect(read).to.deep.equal(Array.from({ length: SLICES }, (_, slice) => slice));
  });

  it('bounds a figure evenly, by half of it for a standard error, whatever chance says', () => {
    const figure: Estimate = {
      value: 3,
      degrees: 9,
      persistence: 20,
      drift: Math.log(4),
      rounding: 0.1,
      bounds: () => [2.9, 3.1],
    };
    const bounded = boundDrift(figure);
    expect(bounded).to.include({ value: 3, degrees: 2, rounding: 0.1 });
    expect(bounded.bounds(2).map((bound) => Number(bound.toFixed(9)))).to.deep.equal([0.75, 12]);
    expect(boundDrift({ ...figure, drift: Infinity }).bounds(1)).to.deep.equal([0, Infinity]);
  });
});

import { expect } from 'chai';
import { createWindowLength } from '../../agent/core/window-length.ts';

describe('a rolling window', () => {
  const cases: readonly [number, number, string, number, number][] = [
    [10_000, 10_000, '10s', 1, 1],
    [60_000, 10_000, '1m', 6, 1],
    [300_000, 10_000, '5m', 30, 5],
    [90_000, 10_000, '90s', 9, 2],
    [70_000, 10_000, '70s', 7, 2],
    [1000, 1000, '1s', 1, 1],
    [5000, 1000, '5s', 5, 1],
    [7_200_000, 60_000, '2h', 120, 20],
    [86_400_000, 600_000, '1d', 144, 24],
    [1500, 500, '1500ms', 3, 1],
  ];
  for (const [windowMs, intervalMs, name, slices, hop] of cases) {
    it(`of ${name} has ${slices} slices of ${intervalMs} ms and moves by ${hop}`, () => {
      expect(createWindowLength(windowMs, intervalMs)).to.deep.equal({ name, slices, hop });
    });
  }

  it('must be a multiple of the interval', () => {
    expect(() => createWindowLength(15_000, 10_000)).to.throw('bug: 15000 ms is no multiple');
  });
});

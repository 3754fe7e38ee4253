import { expect } from 'chai';
import { minutePlace, slicesPerMinute } from '../../agent/core/minute-place.ts';

describe('minutePlace', () => {
  const cases: [intervalMs: number, slices: number, longestOffsetMs: number][] = [
    [1000, 60, 1000],
    [7000, 9, 7000],
    [10_000, 6, 10_000],
    [60_000, 1, 60_000],
    [600_000, 1, 60_000],
  ];
  for (const [intervalMs, slices, longestOffsetMs] of cases) {
    it(`spreads agents with an interval of ${intervalMs} ms evenly over the flushes of a minute and what lies between`, () => {
      expect(slicesPerMinute(intervalMs)).to.equal(slices);
      const places = Array.from({ length: 6000 }, (_, pod) => minutePlace(`llama-${pod}`, intervalMs));
      expect(Math.max(...places.map(({ offsetMs }) => offsetMs))).to.be.within(
        longestOffsetMs * 0.99,
        longestOffsetMs,
      );
      for (let turn = 0; turn < slices; turn++) {
        const mine = places.filter(({ delaySlices }) => delaySlices === turn);
        expect(mine.length).to.be.closeTo(6000 / slices, 300 / Math.sqrt(slices));
        const early = mine.filter(({ offsetMs }) => offsetMs < longestOffsetMs / 2);
        expect(early.length / mine.length).to.be.closeTo(0.5, 0.2);
      }
    });
  }

  it('gives the same agent the same place again', () => {
    expect(minutePlace('pod-7', 10_000)).to.deep.equal(minutePlace('pod-7', 10_000));
  });
});

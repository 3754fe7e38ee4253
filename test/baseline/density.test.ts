import { expect } from 'chai';
import fc from 'fast-check';
import { densitiesOf } from '../../agent/baseline/density.ts';
import type { LatencyDistribution } from '../../agent/baseline/distribution.ts';
import { binOf } from '../../agent/core/duration-bins.ts';

function distributionOf(values: readonly number[]): LatencyDistribution {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(binOf(value), (counts.get(binOf(value)) ?? 0) + 1);
  const ascending = [...counts].sort(([a], [b]) => a - b);
  return { bins: ascending.map(([bin]) => bin), counts: ascending.map(([, count]) => count) };
}

const sum = (shares: readonly number[]): number => shares.reduce((total, share) => total + share, 0);

describe('densities', () => {
  it('hold all of both sides but their tails, in as many columns each', () => {
    const anyValues = fc.array(fc.integer({ min: 1000, max: 1e11 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(anyValues, anyValues, (baseline, candidate) => {
        const densities = densitiesOf(distributionOf(baseline), distributionOf(candidate));
        if (densities === undefined) throw new Error('both sides have values');
        expect(densities.baseline).to.have.length(densities.candidate.length);
        expect(densities.baseline.length).to.be.at.most(121);
        for (const side of [densities.baseline, densities.candidate]) {
          expect(sum(side)).to.be.closeTo(1, 0.005);
          expect(Math.min(...side)).to.be.at.least(0);
        }
      }),
    );
  });

  it('lie where the values lie', () => {
    const both = [distributionOf([1e6]), distributionOf([1e8])] as const;
    const densities = densitiesOf(...both);
    if (densities === undefined) throw new Error('both sides have values');
    const { fromSeconds, toSeconds, baseline } = densities;
    for (const [side, seconds] of [
      ['baseline', 1e-3],
      ['candidate', 0.1],
    ] as const) {
      const peak = densities[side].indexOf(Math.max(...densities[side]));
      const step = Math.log(toSeconds / fromSeconds) / baseline.length;
      expect(Math.log(seconds / fromSeconds) / step).to.be.within(peak - 1, peak + 2);
    }
  });

  it('are none where a side is empty', () => {
    expect(densitiesOf(distributionOf([]), distributionOf([5]))).to.equal(undefined);
  });
});

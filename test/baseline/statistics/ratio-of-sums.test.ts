import { expect } from 'chai';
import { ratioOfSums } from '../../../agent/baseline/statistics/ratio-of-sums.ts';
import { createRandom } from '../../distributions.ts';
import { createNormal } from '../../verdicts/traffic.ts';

const SLICES = 60;

function ratioOf(above: readonly number[], strata: readonly number[] = above.map(() => 0)) {
  return ratioOfSums({
    above: Float64Array.from(above),
    below: new Float64Array(above.length).fill(1),
    strata: Int32Array.from(strata),
    weights: new Float64Array(above.length).fill(1),
  });
}

describe('a ratio of sums', () => {
  it('divides weighted sums', () => {
    const { value } = ratioOfSums({
      above: Float64Array.of(3, 5),
      below: Float64Array.of(1, 2),
      strata: Int32Array.of(0, 0),
      weights: Float64Array.of(2, 1),
    });
    expect(value).to.equal((2 * 3 + 5) / (2 * 1 + 2));
  });

  it('is certain where all slices are alike', () => {
    expect(ratioOf(new Array(SLICES).fill(7))).to.include({ value: 7, standardError: 0, persistence: 1 });
  });

  it('is not uncertain for what differs between strata alone', () => {
    const strata = Array.from({ length: SLICES }, (_, slice) => (slice < 20 ? 0 : 1));
    const { standardError } = ratioOf(strata, strata);
    expect(standardError).to.be.closeTo(0, 1e-12);
    expect(ratioOf(strata).standardError).to.be.above(0.1);
  });

  it('has the power of the slow cosines as its variance, by hand for a series that is one of them', () => {
    const cosine = Array.from({ length: SLICES }, (_, slice) =>
      Math.cos((Math.PI / SLICES) * 2 * (slice + 0.5)),
    );
    const { standardError, degrees } = ratioOf(cosine.map((value) => 1 + value));
    // The projection on itself is n/2; a sixth of its power, doubled, is the variance of the sum.
    expect(standardError).to.be.closeTo(Math.sqrt((2 * (SLICES / 2) ** 2) / 6) / SLICES, 1e-9);
    expect(degrees).to.be.closeTo(6, 1e-9);
  });

  for (const [name, rho, expected] of [
    ['1/√n where slices are independent', 0, 1],
    ['√((1 + ρ)/(1 − ρ)) times that where they follow each other', 0.6, 2],
  ] as const) {
    it(`errs by ${name}`, () => {
      const normal = createNormal(createRandom(5));
      const variances = Array.from({ length: 400 }, () => {
        let value = normal();
        const series = Array.from({ length: 400 }, () => {
          value = rho * value + Math.sqrt(1 - rho ** 2) * normal();
          return value;
        });
        return ratioOf(series).standardError ** 2;
      });
      const mean = variances.reduce((sum, variance) => sum + variance, 0) / variances.length;
      // 400 estimates of 6 degrees of freedom: the mean's own relative error is √(2/2400) = 3 %.
      expect(Math.sqrt(mean) * Math.sqrt(400)).to.be.closeTo(expected, expected * 0.06);
    });
  }

  it('has fewer degrees of freedom where one stratum varies alone', () => {
    const normal = createNormal(createRandom(8));
    const halves = Array.from({ length: SLICES }, (_, slice) => (slice < SLICES / 2 ? 0 : 1));
    const both = ratioOf(halves.map(normal), halves);
    const one = ratioOf(
      halves.map((half) => half * normal()),
      halves,
    );
    // The mean of each stratum is taken away, which leaves 5.1 of 6; of them half, for half the slices.
    expect(both.degrees).to.be.within(4.5, 5.1);
    expect(one.degrees).to.be.closeTo(5.1 / 2, 0.05);
  });

  it('tells a drift from chance', () => {
    const normal = createNormal(createRandom(6));
    const noise = Array.from({ length: SLICES }, normal);
    expect(ratioOf(noise).persistence).to.be.below(5);
    expect(ratioOf(noise.map((value, slice) => value + slice / 5)).persistence).to.be.above(5);
  });
});

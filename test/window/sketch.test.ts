import { expect } from 'chai';
import fc from 'fast-check';
import { BIN_COUNT, binMidpointsNs, binOf } from '../../agent/core/duration-bins.ts';
import { describeDistribution } from '../../agent/window/distribution.ts';
import { SketchStore } from '../../agent/window/sketch-store.ts';
import { exactQuantile } from './exact-quantile.ts';
import { durations, type Shape } from './sample-durations.ts';

const MAX_ERROR = 0.01;
const ROW = 3;
const QUANTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
] as const;

function describeValues(valuesNs: readonly number[]) {
  const store = new SketchStore();
  for (const ns of valuesNs) store.increment(ROW, binOf(ns));
  const sumNs = valuesNs.reduce((sum, ns) => sum + ns, 0);
  const sorted = [...valuesNs].sort((a, b) => a - b);
  const summary = { count: valuesNs.length, sumNs, minNs: sorted[0], maxNs: sorted[sorted.length - 1] };
  return describeDistribution(summary, store, ROW);
}

describe('bins of durations', () => {
  const edges: readonly [string, number, number][] = [
    ['0 ns falls into the first bin', 0, 0],
    ['1 ns is the first bin', 1, 0],
    ['2 ns begins the second octave', 2, 64],
    ['1 s', 1e9, binOf(1.001e9)],
    ['the greatest duration has the last bin', 2 ** 53, BIN_COUNT - 1],
    ['the greatest but one, too', 2 ** 53 - 1, BIN_COUNT - 1],
  ];
  for (const [name, durationNs, bin] of edges) it(name, () => expect(binOf(durationNs)).to.equal(bin));

  it('stand for every duration within 0.8 %, in order', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 53, noNaN: true }), (ns) => {
        expect(Math.abs(binMidpointsNs[binOf(ns)] / ns - 1)).to.be.below(0.008);
        expect(binOf(ns)).to.be.at.least(binOf(ns / 1.5));
      }),
    );
  });
});

describe('quantiles of a sketch', () => {
  for (const shape of ['lognormal', 'pareto', 'bimodal'] satisfies Shape[]) {
    for (const count of [1, 2, 99, 1000, 20_000]) {
      it(`are within 1 % of the exact ones: ${count} ${shape} values`, () => {
        const values = durations(shape, count);
        const described = describeValues(values);
        for (const [name, p] of QUANTILES) {
          const value = described[name];
          if (value === undefined) continue;
          expect(value * 1e9).to.be.closeTo(exactQuantile(values, p), exactQuantile(values, p) * MAX_ERROR);
        }
      });
    }
  }

  it('are within 1 % of the exact ones for any values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e12 }), { minLength: 1, maxLength: 200 }), (values) => {
        const described = describeValues(values);
        expect(described.min * 1e9).to.be.closeTo(Math.min(...values), 1e-3);
        expect(described.max * 1e9).to.be.closeTo(Math.max(...values), 1e-3);
        for (const [name, p] of QUANTILES) {
          const value = described[name];
          if (value !== undefined)
            expect(value * 1e9).to.be.closeTo(exactQuantile(values, p), exactQuantile(values, p) * MAX_ERROR);
        }
      }),
    );
  });

  const bounds: readonly [number, 'p99' | 'p999', boolean][] = [
    [99, 'p99', false],
    [100, 'p99', true],
    [999, 'p999', false],
    [1000, 'p999', true],
  ];
  for (const [count, name, present] of bounds) {
    it(`${name} is ${present ? 'given' : 'absent'} for ${count} values`, () => {
      expect(describeValues(durations('lognormal', count))[name] !== undefined).to.equal(present);
    });
  }

  it('stay between the least and the greatest value', () => {
    const described = describeValues([1_000_000_007]);
    for (const name of ['p50', 'p90', 'p95', 'min', 'max', 'mean'] as const)
      expect(described[name]).to.equal(1.000000007);
  });

  it('count any number of values in a bin', () => {
    const store = new SketchStore();
    store.add(ROW, binOf(1e6), 2 ** 40);
    store.add(ROW, binOf(1e9), 1);
    const summary = { count: 2 ** 40 + 1, sumNs: 2 ** 40 * 1e6, minNs: 1e6, maxNs: 1e9 };
    expect(describeDistribution(summary, store, ROW).p999).to.be.closeTo(1e-3, 1e-5);
  });

  const deviations: readonly [string, readonly number[], number][] = [
    ['0 for one value', [123_456_789], 0],
    ['0 for equal values', [5e6, 5e6, 5e6], 0],
    ['within 1 % for two far values', [1e6, 9e9], (9e9 - 1e6) / 2e9],
    ['within a bin for near values', [20e6, 24e6, 28e6, 32e6], Math.sqrt(20) * 1e-3],
  ];
  for (const [name, values, stddev] of deviations) {
    it(`deviation: ${name}`, () => {
      expect(describeValues(values).stddev).to.be.closeTo(stddev, stddev * 0.02 + 1e-12);
    });
  }
});

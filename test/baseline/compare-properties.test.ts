import { expect } from 'chai';
import fc from 'fast-check';
import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Comparison, Verdict } from '../../agent/baseline/comparison.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../distributions.ts';
import { record, type Traffic } from '../verdicts/traffic.ts';
import { recordingOf, type SliceOf, windowsOf } from './recording-of.ts';

/** Anything that a sender may send, rough and smooth. */
const anySlice: fc.Arbitrary<SliceOf> = fc.record(
  {
    ms: fc.array(fc.oneof(fc.constantFrom(0, 1e-6, 10, 20), fc.double({ min: 0, max: 9e9, noNaN: true })), {
      maxLength: 8,
    }),
    failed: fc.nat(3),
    weight: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    isStated: fc.boolean(),
    phases: fc.dictionary(
      fc.constantFrom('queue', 'inference'),
      fc.array(fc.nat(50), { minLength: 1, maxLength: 3 }),
    ),
    batchSize: fc.nat(64),
    outputTokens: fc.nat(4096),
  },
  { requiredKeys: ['ms'] },
);
const anyWindow = fc.record(
  {
    energyActiveJoules: fc.double({ min: 0, max: 1e6, noNaN: true }),
    requests: fc.nat(1000),
    outputTokens: fc.nat(1e6),
    memoryUsedMaxBytes: fc.double({ min: 0, max: 1e12, noNaN: true }),
    exclusiveRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  },
  { requiredKeys: [] },
);
const anyRecording: fc.Arbitrary<Recording> = fc
  .tuple(
    fc.oneof(
      fc.array(anySlice, { maxLength: 100 }),
      fc.array(anySlice, { minLength: 40, maxLength: 60, size: 'max' }),
    ),
    fc.array(anyWindow, { maxLength: 8 }),
  )
  .map(([slices, windows]) => recordingOf(slices, 'fp16', windowsOf(windows)));

/** Traffic that can be compared, of any kind that the experiment knows. */
const anyTraffic: fc.Arbitrary<Recording> = fc
  .record({
    shape: fc.constantFrom<Traffic['shape']>('lognormal', 'bimodal'),
    rho: fc.constantFrom(0, 0.9, 0.98),
    scale: fc.double({ min: 0.7, max: 1.4, noNaN: true }),
    seconds: fc.integer({ min: 40, max: 80 }),
    rate: fc.integer({ min: 20, max: 60 }),
    stepAt: fc.constantFrom(0.4, 0.6, 1),
    seed: fc.nat(),
  })
  .map(({ seed, ...traffic }) => record(traffic, createRandom(seed)));

const OPPOSITE: Partial<Record<Verdict, Verdict>> = { faster: 'slower', slower: 'faster' };

function opposite(verdict: Verdict): Verdict {
  return OPPOSITE[verdict] ?? verdict;
}

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersOf);
}

function closeOrAbsent(actual: number | undefined, expected: number | undefined): void {
  if (expected === undefined) expect(actual).to.equal(undefined);
  else expect(actual).to.be.closeTo(expected, expected * 1e-9);
}

describe('any comparison', () => {
  it('holds finite numbers alone, bounds about the ratio, and a reason', () => {
    fc.assert(
      fc.property(anyRecording, anyRecording, (baseline, candidate) => {
        const comparison: Comparison = compareRecordings(baseline, candidate);
        expect(numbersOf(comparison).filter((number) => !Number.isFinite(number))).to.deep.equal([]);
        expect(comparison.reason)
          .to.match(/^[^\s].*[^\s]$/)
          .and.not.to.match(/NaN|undefined|Infinity/);
        for (const { ratio = 1, low = 0, high = Infinity, verdict } of comparison.metrics) {
          expect(low <= ratio * (1 + 1e-9) && ratio <= high * (1 + 1e-9), `${low} ${ratio} ${high}`).to.equal(
            true,
          );
          if (verdict === 'faster' || verdict === 'slower') expect(low > 1 || high < 1).to.equal(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('says the opposite of its mirror image', () => {
    fc.assert(
      fc.property(anyTraffic, anyTraffic, (one, other) => {
        const there = compareRecordings(one, other);
        const back = compareRecordings(other, one);
        expect(back.verdict).to.equal(opposite(there.verdict));
        for (const [index, row] of there.metrics.entries()) {
          const mirrored = back.metrics[index];
          expect(mirrored.verdict).to.equal(opposite(row.verdict));
          closeOrAbsent(mirrored.ratio, row.ratio && 1 / row.ratio);
          closeOrAbsent(mirrored.low, row.high && 1 / row.high);
          closeOrAbsent(mirrored.high, row.low && 1 / row.low);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds the factor by which all durations grew, within the error of the bins', () => {
    const factor = fc.double({ min: 0.2, max: 5, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), factor, (seed, scale) => {
        const usual: Traffic = { shape: 'lognormal', rho: 0.5, scale: 1, seconds: 40, rate: 30, stepAt: 1 };
        const comparison = compareRecordings(
          record(usual, createRandom(seed)),
          record({ ...usual, scale }, createRandom(seed)),
        );
        for (const { metric, ratio = 0, low = 0, high = Infinity } of comparison.metrics) {
          if (!metric.startsWith('latency')) continue;
          expect(ratio / scale, metric).to.be.within(1 / (1 + 1 / 63), 1 + 1 / 63);
          expect(low <= scale && scale <= high, metric).to.equal(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});

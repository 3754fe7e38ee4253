import { expect } from 'chai';
import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Verdict } from '../../agent/baseline/comparison.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../distributions.ts';
import { record, type Traffic } from '../verdicts/traffic.ts';

const usual: Traffic = { shape: 'lognormal', rho: 0, scale: 1, seconds: 60, rate: 50, stepAt: 1 };

function traffic(changes: Partial<Traffic> = {}, seed = 1): Recording {
  return record({ ...usual, ...changes }, createRandom(seed), seed === 1 ? 'fp16' : 'int8');
}

describe('a comparison', () => {
  const cases: readonly [string, Recording, Recording, Verdict, RegExp][] = [
    [
      'of a recording with itself',
      traffic(),
      traffic(),
      'no_difference_shown',
      /^p95 is 1\.00 of the baseline's \(0\.\d\d–1\.\d\d\); load alike$/,
    ],
    [
      'with a faster one',
      traffic(),
      traffic({ scale: 0.7 }, 2),
      'faster',
      /^p95 is 0\.\d\d of fp16's \(.*\); load alike$/,
    ],
    ['with a slower one', traffic(), traffic({ scale: 1.3 }, 2), 'slower', /^p95 is 1\.\d\d of fp16's/],
    [
      'with a short one',
      traffic(),
      traffic({ seconds: 39 }, 2),
      'too_few_requests',
      /^the candidate has 39 slices; at least 40 are needed$/,
    ],
    [
      'with a lazy one',
      traffic({ rate: 1 }),
      traffic({}, 2),
      'too_few_requests',
      /^the baseline has \d\d successful requests; at least 100 are needed$/,
    ],
    [
      'under half the load',
      traffic(),
      traffic({ rate: 25, scale: 0.8 }, 2),
      'not_comparable',
      /^load differs \(.* → .* requests\/s, .* → .* at once\)$/,
    ],
    [
      'with one that fails',
      traffic(),
      traffic({ scale: 0.5, errorShare: 0.02 }, 2),
      'unsafe',
      /^the error ratio rose from 0 % to \d/,
    ],
  ];
  for (const [name, baseline, candidate, verdict, reason] of cases) {
    it(`${name} says ${verdict}`, () => {
      const comparison = compareRecordings(baseline, candidate);
      expect(comparison.reason).to.match(reason);
      expect(comparison.verdict).to.equal(verdict);
    });
  }
});

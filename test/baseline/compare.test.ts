import { expect } from 'chai';
import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Verdict } from '../../agent/baseline/comparison.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../distributions.ts';
import { record, type Traffic } from '../verdicts/traffic.ts';
import { minute, recordingOf, type SliceOf, TEN } from './recording-of.ts';

const usual: Traffic = { shape: 'lognormal', rho: 0, scale: 1, seconds: 60, rate: 50, stepAt: 1 };

function traffic(changes: Partial<Traffic> = {}, seed = 1): Recording {
  return record({ ...usual, ...changes }, createRandom(seed), seed === 1 ? 'fp16' : 'int8');
}

/** A GPU that does nothing else, and clients that wait for it: it becomes slower by so many per cent. */
function steady(percents: number, scale = 1): Recording {
  const changes = { shape: 'steady', isClosed: true, rate: 42, scale } as const;
  const driftAt = (second: number) => 1 + ((percents / 100) * second) / usual.seconds;
  return traffic({ ...changes, driftAt }, scale === 1 && percents === 0.3 ? 1 : 2);
}

function scaled(factor: number): SliceOf {
  return { ms: TEN.ms.map((ms) => ms * factor) };
}

describe('a comparison', () => {
  const sparse = recordingOf(
    Array.from({ length: 60 }, (_, second) => (second % 5 === 0 ? { ms: [10] } : { ms: [] })),
  );
  const lucky = recordingOf(
    Array.from({ length: 60 }, (_, second) => ({ ...scaled(0.5), failed: second % 30 === 9 ? 1 : 0 })),
  );
  const cases: readonly [name: string, Recording, Recording, Verdict, RegExp][] = [
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
      /^p95 is 0\.\d\d of fp16's \(0\.\d\d–0\.\d\d\); load alike$/,
    ],
    ['with a slower one', traffic(), traffic({ scale: 1.3 }, 2), 'slower', /^p95 is 1\.\d\d of fp16's/],
    [
      'with one that is faster but for its tail',
      minute({ ms: new Array(20).fill(10) }),
      minute({ ms: [...new Array(18).fill(8), 20, 20] }),
      'mixed',
      /^p50 is 0\.80 of the baseline's \(.*\), but p95 is 2\.00 of the baseline's \(.*\); load alike$/,
    ],
    [
      'with a short one',
      traffic(),
      traffic({ seconds: 39 }, 2),
      'too_few_requests',
      /^slices of the candidate: 39 of at least 40$/,
    ],
    [
      'with a single slice',
      traffic(),
      traffic({ seconds: 1 }, 2),
      'too_few_requests',
      /^slices of the candidate: 1 of/,
    ],
    [
      'with no slice at all',
      traffic(),
      traffic({ seconds: 0 }, 2),
      'too_few_requests',
      /^slices of the candidate: 0 of/,
    ],
    [
      'of few requests',
      sparse,
      traffic({}, 2),
      'too_few_requests',
      /^successful requests of the baseline: 12 of at least 100$/,
    ],
    [
      'with no request',
      traffic(),
      minute({ ms: [] }),
      'too_few_requests',
      /^successful requests of the candidate: 0 of/,
    ],
    [
      'with one that drifts',
      minute(TEN),
      recordingOf(Array.from({ length: 60 }, (_, second) => scaled(0.6 + second / 200))),
      'too_few_requests',
      /too few independent blocks/,
    ],
    [
      'with one that is far faster and drifts a little, as GPUs do',
      steady(0.3),
      steady(0.5, 0.55),
      'faster',
      /^p95 is 0\.5\d of fp16's \(0\.\d\d–0\.\d\d; it drifts by 0\.\d+ %, which the bounds cover\); concurrency alike$/,
    ],
    [
      'of equals that drift a little',
      steady(0.3),
      steady(0.5),
      'no_difference_shown',
      /^p95 is 1\.00 of fp16's \(0\.9\d–1\.0\d; it drifts by 0\.\d+ %, which the bounds cover\)/,
    ],
    [
      'with one that drifts by as much as it is faster',
      steady(0.3),
      steady(12, 0.95),
      'too_few_requests',
      /^p95: too few independent blocks: it drifts; leave out the warm-up, or record longer$/,
    ],
    [
      'under half the load',
      traffic(),
      traffic({ rate: 25, scale: 0.8 }, 2),
      'not_comparable',
      /^load differs \(\S+ → \S+ requests\/s, \S+ → \S+ at once\)$/,
    ],
    [
      'of clients that wait for a faster model',
      minute(TEN),
      minute({ ms: [...TEN.ms, ...TEN.ms].map((ms) => ms / 2) }),
      'faster',
      /^p95 is 0\.50 of the baseline's \(.*\); concurrency alike$/,
    ],
    [
      'of other batches',
      minute({ ...TEN, batchSize: 8 }),
      minute({ ...scaled(0.5), batchSize: 4 }),
      'not_comparable',
      /^batch size differs \(8 → 4\)$/,
    ],
    [
      'of longer answers',
      minute({ ...TEN, outputTokens: 128 }),
      minute({ ...TEN, outputTokens: 256 }),
      'not_comparable',
      /^output tokens a request differ \(128 → 256\)$/,
    ],
    [
      'with one that fails',
      traffic(),
      traffic({ scale: 0.5, failAbove: 2 }, 2),
      'unsafe',
      /^the error ratio rose from 0 % to \d/,
    ],
    [
      'with one that fails under another load',
      traffic(),
      traffic({ rate: 10, failAbove: 0.8 }, 2),
      'unsafe',
      /^the error ratio rose from 0 % to \d/,
    ],
    [
      'with one that fails twice in a minute',
      minute(TEN),
      lucky,
      'faster',
      /; load alike; errors 0 % → 0\.33 %, within chance$/,
    ],
    [
      'with one that fails where the other does not say',
      minute({ ...TEN, isStated: false }),
      lucky,
      'faster',
      /; load alike; errors not known → 0\.33 %$/,
    ],
    [
      'under a little more load',
      minute(TEN),
      minute({ ms: [...scaled(0.5).ms, 5] }),
      'faster',
      /; load about alike \(10 → 11 requests\/s\)$/,
    ],
    [
      'with one that does not say what fails',
      minute(TEN),
      minute({ ...scaled(0.5), isStated: false }),
      'not_comparable',
      /only the baseline says which requests failed$/,
    ],
    [
      'of sides that both do not say it',
      minute({ ...TEN, isStated: false }),
      minute({ ...scaled(0.5), isStated: false }),
      'faster',
      /^p95/,
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

import { expect } from 'chai';
import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Comparison, Verdict } from '../../agent/baseline/comparison.ts';
import { type LiveVerdict, lookLengthMs, takeLook } from '../../agent/baseline/live-verdict.ts';
import { createRandom } from '../distributions.ts';
import { record } from '../verdicts/traffic.ts';

const side = record(
  { shape: 'lognormal', rho: 0, scale: 1, seconds: 40, rate: 10, stepAt: 1 },
  createRandom(1),
);
const comparison = compareRecordings(side, side);

/** A look whose figures are bounded so, beside the baseline's. */
function look(verdict: Verdict, reason: string, [low, high] = [0.7, 0.8]): Comparison {
  return {
    ...comparison,
    metrics: comparison.metrics.map((row) => ({ ...row, low, high })),
    verdict,
    reason,
  };
}

describe('a live verdict', () => {
  const F = 'faster';
  const N = 'no_difference_shown';
  const T = 'too_few_requests';
  const cases: readonly [string, readonly Verdict[], readonly Verdict[]][] = [
    ['begins with none', [F], [T]],
    ['is shown once three looks in a row agree', [F, F, F], [T, T, F]],
    ['starts to count anew with a look that says something else', [F, F, N, F, F, F], [T, T, T, T, T, F]],
    ['stays until three others agree', [F, F, F, N, N, F, N, N, N], [T, T, F, F, F, F, F, F, N]],
    ['goes as it comes where requests are too few', [N, N, N, T, T, T], [T, T, N, N, N, T]],
    ['counts no single look', [T, N], [T, T]],
  ];
  for (const [name, looks, shown] of cases) {
    it(name, () => {
      const states: LiveVerdict[] = [];
      for (const verdict of looks) states.push(takeLook(states.at(-1), look(verdict, '')));
      expect(states.map(({ verdict }) => verdict)).to.deep.equal(shown);
    });
  }

  it('gives the reason of the last look that said so', () => {
    const reasons = ['1', '2', '3', '4'].map((reason) => look(F, reason));
    const state = [...reasons, look(N, '5')].reduce<LiveVerdict | undefined>(takeLook, undefined);
    expect(state).to.deep.equal({ verdict: F, reason: '4', latest: N, inARow: 1 });
  });

  for (const [bounds, expected] of [
    [[0.97, 0.985], F],
    [[0.97, 0.995], N],
    [[1.005, 1.02], N],
    [[1.015, 1.03], 'slower'],
  ] as const) {
    it(`of a ratio within ${bounds.join(' and ')} is ${expected}`, () => {
      const seen = look(bounds[1] < 1 ? F : 'slower', '', [...bounds]);
      const state = [seen, seen, seen].reduce<LiveVerdict | undefined>(takeLook, undefined);
      expect(state?.verdict).to.equal(expected);
    });
  }

  for (const [sliceMs, expected] of [
    [1000, 60_000],
    [2000, 80_000],
    [10_000, 400_000],
  ] as const) {
    it(`takes ${expected / 1000} s of slices of ${sliceMs / 1000} s`, () =>
      expect(lookLengthMs(sliceMs)).to.equal(expected));
  }
});

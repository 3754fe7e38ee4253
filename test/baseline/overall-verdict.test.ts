import { expect } from 'chai';
import type { ComparedSide } from '../../agent/baseline/comparison.ts';
import type { MeasuredPair } from '../../agent/baseline/measured-pair.ts';
import { conclude } from '../../agent/baseline/overall-verdict.ts';
import type { Estimate } from '../../agent/baseline/statistics/estimate.ts';
import { RESNET } from './sample-recording.ts';

const SIDE: ComparedSide = {
  series: RESNET,
  fromMs: 0,
  toMs: 60_000,
  watchedMs: 60_000,
  requests: 1000,
  errors: 0,
  requestRate: 16,
  concurrencyMean: 1,
};
const EXACT: Estimate = { value: 1, degrees: 8, rounding: 0, persistence: 1, drift: 0, bounds: () => [1, 1] };
/** Half, bounded above at 0.95 but not at the level that one of four figures needs; not bounded below. */
const LOOSE: Estimate = { ...EXACT, value: 0.5, bounds: (t) => [0, 0.5 * Math.exp(0.29 * t)] };
/** Half, by bounds for its drift, but not at the level that one of four figures needs. */
const DRIFTS_A_LITTLE: Estimate = { ...EXACT, value: 0.5, persistence: 100, drift: Math.log(1.25) };
const TOPLESS: Estimate = { ...EXACT, bounds: () => [1, Infinity] };
const DRIFTS: Estimate = { ...EXACT, persistence: 100, drift: 1 };

function pair(metric: string, candidate: Estimate, baseline = EXACT): MeasuredPair {
  return { metric, unit: 's', better: 'lower', baseline, candidate };
}

describe('the verdict over all figures', () => {
  const cases: readonly [what: string, latency: readonly MeasuredPair[], reason: string][] = [
    [
      'says why the most telling figure that lacks bounds lacks them',
      [pair('latency_mean', DRIFTS), pair('latency_p95', LOOSE), pair('latency_p99', LOOSE)],
      'mean latency: too few independent blocks: it drifts; leave out the warm-up, or record longer',
    ],
    [
      'says so where every figure is bounded on one side alone',
      ['latency_mean', 'latency_p50', 'latency_p95', 'latency_p99'].map((metric) => pair(metric, LOOSE)),
      'p95: bounded on one side only, too loosely for one figure of four',
    ],
    [
      'does not give what bounds cover as the reason for saying nothing',
      ['latency_p50', 'latency_p95', 'latency_p99'].map((metric) => pair(metric, DRIFTS_A_LITTLE, TOPLESS)),
      'p95: bounded on one side only, too loosely for one figure of four',
    ],
  ];
  for (const [what, latency, reason] of cases) {
    it(what, () => {
      const sides = { baseline: SIDE, candidate: SIDE };
      const found = conclude({
        ...sides,
        latency,
        confidence: 0.95,
        shortfall: undefined,
        errorsRose: false,
        load: 'load alike',
      });
      expect(found).to.deep.equal({ verdict: 'too_few_requests', reason });
    });
  }
});

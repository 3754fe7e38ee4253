import { expect } from 'chai';
import type { Comparison, MetricComparison } from '../../agent/baseline/comparison.ts';
import { type GateResult, judgeGate, parseGate } from '../../agent/baseline/gate.ts';
import { RESNET } from './sample-recording.ts';

const SIDE = {
  series: RESNET,
  fromMs: 0,
  toMs: 0,
  watchedMs: 0,
  requests: 0,
  errors: 0,
  requestRate: 0,
  concurrencyMean: 0,
};

function comparisonOf(
  rows: readonly Partial<MetricComparison>[],
  verdict: Comparison['verdict'] = 'slower',
): Comparison {
  const metrics = rows.map((row) => ({
    metric: 'latency_p95',
    unit: 's',
    verdict: 'slower' as const,
    ...row,
  }));
  return { baseline: SIDE, candidate: SIDE, confidence: 0.95, metrics, verdict, reason: 'because' };
}

describe('a gate', () => {
  const P95 = { ratio: 1.1, low: 1.06, high: 1.14 };
  const cases: readonly (readonly [
    string,
    'forbids' | 'requires',
    Partial<MetricComparison>,
    GateResult['state'],
    RegExp,
  ])[] = [
    ['p95>1.05', 'forbids', P95, 'failed', /^ratio 1.10 \(1.06–1.14\), shown to be above 1.05$/],
    ['p95>1.06', 'forbids', P95, 'passed', /not shown to be above 1.06$/],
    ['p95>1.2', 'forbids', P95, 'passed', /not shown/],
    ['p95<1.2', 'forbids', P95, 'failed', /shown to be below 1.2$/],
    ['p95<1.14', 'forbids', P95, 'passed', /not shown/],
    ['p95>1.05', 'forbids', { ratio: 1.1, low: 1.06 }, 'failed', /\(above 1.06\)/],
    ['p95>1.05', 'forbids', { ratio: 1.1, high: 1.14 }, 'passed', /\(below 1.14\)/],
    ['p95>1.05', 'forbids', { ratio: 1.1, reason: 'too few' }, 'undecided', /^too few$/],
    ['p99>1.05', 'forbids', P95, 'undecided', /^neither side has this figure$/],
    ['p95<1.2', 'requires', P95, 'passed', /shown to be below 1.2$/],
    ['p95<1.14', 'requires', P95, 'failed', /not shown to be below 1.14$/],
    ['p95<1.2', 'requires', { ratio: 1.1, low: 1.06 }, 'failed', /not shown/],
    ['p95<1.2', 'requires', { ratio: 1.1 }, 'undecided', /^its ratio has no bounds$/],
    ['energy>1', 'forbids', { ...P95, metric: 'energy_per_request' }, 'failed', /above 1$/],
    [
      'throughput<0.9',
      'forbids',
      { ratio: 0.8, low: 0.7, high: 0.85, metric: 'request_rate' },
      'failed',
      /below 0.9$/,
    ],
    [
      'inference.p95>1.05',
      'forbids',
      { ...P95, metric: 'phase_p95', phase: 'inference' },
      'failed',
      /above 1.05$/,
    ],
    [
      'queue.p95>1.05',
      'forbids',
      { ...P95, metric: 'phase_p95', phase: 'inference' },
      'undecided',
      /neither/,
    ],
  ];
  for (const [text, kind, row, state, reason] of cases) {
    it(`that ${kind} ${text} of ${row.low ?? '?'} to ${row.high ?? '?'} is ${state}`, () => {
      const gate = parseGate(text, kind);
      if (gate === undefined) throw new Error('it is no gate');
      const result = judgeGate(gate, comparisonOf([row]));
      expect(result).to.include({ gate: text, state });
      expect(result.reason).to.match(reason);
    });
  }

  for (const kind of ['forbids', 'requires'] as const) {
    it(`that ${kind} fails where there are more errors, whatever the latency is`, () => {
      const gate = parseGate('p95<2', kind);
      if (gate === undefined) throw new Error('it is no gate');
      const good = { ratio: 0.5, low: 0.4, high: 0.6 };
      expect(judgeGate(gate, comparisonOf([good], 'unsafe'))).to.deep.equal({
        gate: 'p95<2',
        state: 'failed',
        reason: 'because',
      });
    });
  }

  for (const text of [
    '',
    'p95',
    'p95>',
    'p95=1',
    'p95>1.05x',
    'p42>1',
    'p95>0',
    'p95>-1',
    '.p95>1',
    'inference.p99>1',
    'p95>>1',
  ]) {
    it(`is not "${text}"`, () => expect(parseGate(text, 'forbids')).to.equal(undefined));
  }
});

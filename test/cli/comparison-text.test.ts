import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Comparison } from '../../agent/baseline/comparison.ts';
import { comparisonText } from '../../agent/cli/comparison-text.ts';
import { RESNET } from '../baseline/sample-recording.ts';
import { ROOT } from '../source-files.ts';

const SIDE = { series: RESNET, fromMs: 0, toMs: 60_000, watchedMs: 60_000, requests: 1234, errors: 5 };
const COMPARISON: Comparison = {
  baseline: { ...SIDE, errorRatio: 0.004, requestRate: 20.57, concurrencyMean: 0.312 },
  candidate: {
    ...SIDE,
    series: { ...RESNET, variant: 'int8', version: '3', labels: { zone: 'a' } },
    watchedMs: 300_000,
    requests: 12_345,
    requestRate: 41.15,
    concurrencyMean: 0.2,
  },
  confidence: 0.95,
  metrics: [
    {
      metric: 'latency_p50',
      unit: 's',
      baseline: 0.0123,
      candidate: 0.0084,
      ratio: 0.683,
      low: 0.66,
      high: 0.71,
      verdict: 'faster',
    },
    {
      metric: 'latency_p99',
      unit: 's',
      baseline: 0.5,
      candidate: 0.45,
      ratio: 0.9,
      verdict: 'too_few_requests',
      reason: 'too few',
    },
    {
      metric: 'request_rate',
      unit: '1/s',
      baseline: 20.57,
      candidate: 41.15,
      ratio: 2,
      low: 1.9,
      high: 2.1,
      verdict: 'faster',
    },
    {
      metric: 'memory',
      unit: 'By',
      baseline: 2 ** 30,
      candidate: 2 ** 29,
      ratio: 0.5,
      low: 0.49,
      high: 0.51,
      verdict: 'faster',
    },
    {
      metric: 'energy_per_request',
      unit: 'J',
      candidate: 0.31,
      verdict: 'not_comparable',
      reason: 'the baseline lacks it',
    },
    {
      metric: 'output_tokens_per_joule',
      unit: '1/J',
      baseline: 5,
      candidate: 4,
      ratio: 0.8,
      low: 0.7,
      verdict: 'slower',
    },
    {
      metric: 'phase_mean',
      phase: 'inference',
      unit: 's',
      baseline: 0.00095,
      candidate: 2.5,
      ratio: 2631.6,
      low: 2000,
      high: 3000,
      verdict: 'slower',
    },
  ],
  verdict: 'mixed',
  reason: 'p50 is 0.68 of fp16’s (0.66–0.71)',
};

describe('the text of a comparison', () => {
  it('is as recorded in test/golden/baseline/comparison.txt', () => {
    const gates = [
      { gate: 'p50>1', state: 'passed', reason: 'ratio 0.68, not shown to be above 1' },
    ] as const;
    const golden = readFileSync(join(ROOT, 'test/golden/baseline/comparison.txt'), 'utf8');
    expect(comparisonText(COMPARISON, gates, undefined)).to.equal(golden);
  });
});

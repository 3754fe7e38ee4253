import { expect } from 'chai';
import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Comparison, MetricComparison } from '../../agent/baseline/comparison.ts';
import { minute, recordingOf, type SliceOf, TEN, windowsOf } from './recording-of.ts';

function energy(joules: number, windows = 6) {
  const window = {
    energyActiveJoules: joules,
    requests: 100,
    outputTokens: 500,
    memoryUsedMaxBytes: joules * 1e8,
  };
  return windowsOf(new Array(windows).fill(window));
}

function rowOf({ metrics }: Comparison, metric: string, phase?: string): Partial<MetricComparison> {
  return metrics.find((row) => row.metric === metric && row.phase === phase) ?? {};
}

describe('the rows of a comparison', () => {
  const thrifty = minute(TEN, 'int8', energy(100));
  const gpus = compareRecordings(minute(TEN, 'fp16', energy(200)), thrifty);
  const few = compareRecordings(minute(TEN, 'fp16', energy(200, 3)), thrifty);
  const alone = windowsOf([{ energyActiveJoules: 100, requests: 100, exclusiveRatio: 0.5 }]);
  const shared = compareRecordings(minute(TEN, 'fp16', energy(200)), minute(TEN, 'int8', alone));
  const both = [...energy(50), ...energy(150).map((record) => ({ ...record, gpu: 'all' }))];
  const parallel = compareRecordings(minute(TEN, 'fp16', energy(100)), minute(TEN, 'int8', both));
  const phases = compareRecordings(
    minute({ ...TEN, phases: { queue: [0, 0, 0], inference: [8, 9, 10], preprocess: [1, 1] } }),
    minute({ ...TEN, phases: { queue: [0, 0, 1], inference: [4, 4.5, 5] } }),
  );
  const twenty: SliceOf = { ms: [...TEN.ms, ...TEN.ms] };
  const halved: SliceOf = { ms: [...twenty.ms, ...twenty.ms].map((ms) => ms / 2) };
  const waiting = compareRecordings(minute(twenty), minute(halved));
  const pushed = compareRecordings(minute(twenty), minute({ ms: [...twenty.ms, 10, 15, 18] }));
  const sampled = compareRecordings(minute(TEN), minute({ ...TEN, weight: 1.1 }));
  const failing = compareRecordings(minute(TEN), minute({ ms: TEN.ms.map((ms) => ms / 2), failed: 1 }));
  const lazy = compareRecordings(
    recordingOf(new Array<SliceOf>(60).fill({ ms: [10] })),
    recordingOf(new Array<SliceOf>(60).fill({ ms: [10, 12] })),
  );

  const cases: readonly [
    name: string,
    Partial<MetricComparison>,
    Partial<Record<keyof MetricComparison, unknown>>,
  ][] = [
    [
      'energy a request',
      rowOf(gpus, 'energy_per_request'),
      { unit: 'J', baseline: 2, candidate: 1, ratio: 0.5, low: 0.5, high: 0.5, verdict: 'faster' },
    ],
    [
      'tokens a joule, more is better',
      rowOf(gpus, 'output_tokens_per_joule'),
      { unit: '1/J', baseline: 2.5, candidate: 5, ratio: 2, verdict: 'faster' },
    ],
    [
      'memory, within what an allocator does',
      rowOf(gpus, 'memory'),
      {
        unit: 'By',
        baseline: 2e10,
        candidate: 1e10,
        ratio: 0.5,
        low: 0.5 / 1.005 ** 2,
        high: 0.5 * 1.005 ** 2,
        verdict: 'faster',
      },
    ],
    [
      'energy of a GPU that others used, too',
      rowOf(shared, 'energy_per_request'),
      {
        ratio: 0.5,
        low: undefined,
        verdict: 'not_comparable',
        reason: 'others used the GPU (100 % → 50 % of the time alone)',
      },
    ],
    [
      'memory that one side does not know',
      rowOf(shared, 'memory'),
      { candidate: undefined, ratio: undefined, verdict: 'not_comparable' },
    ],
    [
      'energy of three windows',
      rowOf(few, 'energy_per_request'),
      { ratio: 0.5, low: undefined, verdict: 'too_few_requests', reason: 'GPU windows: 3 of at least 4' },
    ],
    [
      'energy of all GPUs of a model',
      rowOf(parallel, 'energy_per_request'),
      { baseline: 1, candidate: 1.5, verdict: 'slower' },
    ],
    ['nothing of GPUs that nobody read', rowOf(phases, 'memory'), { metric: undefined }],
    [
      'a phase',
      rowOf(phases, 'phase_mean', 'inference'),
      { unit: 's', baseline: 0.009, candidate: 0.0045, ratio: 0.5, verdict: 'faster' },
    ],
    [
      'a phase that took no time',
      rowOf(phases, 'phase_p50', 'queue'),
      {
        baseline: 0,
        candidate: 0,
        ratio: undefined,
        verdict: 'not_comparable',
        reason: 'a ratio to 0 says nothing',
      },
    ],
    [
      'a phase that one side lacks',
      rowOf(phases, 'phase_p95', 'preprocess'),
      { candidate: undefined, verdict: 'not_comparable', reason: 'the candidate lacks it' },
    ],
    [
      'throughput of clients that wait',
      rowOf(waiting, 'request_rate'),
      { unit: '1/s', baseline: 20, candidate: 40, ratio: 2, verdict: 'faster' },
    ],
    [
      'throughput of clients that do not',
      rowOf(pushed, 'request_rate'),
      { baseline: 20, candidate: 23, verdict: 'not_comparable', reason: 'the clients set it, not the model' },
    ],
    [
      'latency of requests that stand for more, not scaled',
      rowOf(sampled, 'latency_p50'),
      { ratio: 1, verdict: 'no_difference_shown' },
    ],
    [
      'throughput of requests that stand for more, scaled',
      rowOf(sampled, 'request_rate'),
      { baseline: 10, candidate: 11 },
    ],
    [
      'no praise for what fails more',
      rowOf(failing, 'latency_p95'),
      { ratio: 0.5, verdict: 'unsafe', reason: 'the error ratio rose' },
    ],
    [
      'no p99 of fewer than 100 requests',
      rowOf(lazy, 'latency_p99'),
      { unit: 's', baseline: undefined, verdict: 'too_few_requests' },
    ],
  ];
  for (const [name, row, expected] of cases) {
    it(`hold ${name}`, () => {
      for (const [key, value] of Object.entries(expected)) {
        const actual = row[key as keyof MetricComparison];
        if (typeof value === 'number') expect(actual, key).to.be.closeTo(value, value * 1e-6);
        else expect(actual, key).to.equal(value);
      }
    });
  }
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import { ServerSampler } from '../../agent/scrape/server-sampler.ts';
import type { ServerKind } from '../../agent/scrape/server-tables.ts';
import { MetricsServer } from './metrics-server.ts';

type Row = Readonly<Record<string, string | number>>;
/** Name of the expositions, the kind, and the points of the first and the second reading. */
type Case = readonly [string, ServerKind, readonly Row[], readonly Row[]];

const LLAMA = { model: 'org/llama-fp8', server: 'vllm', variant: 'v' };
const QWEN = { model: '/models/qwen', server: 'sglang', variant: 'v' };
const RESNET = { model: 'resnet', version: '1', server: 'triton', variant: 'v' };
const BERT = { model: 'bert', version: '3', server: 'triton', variant: 'v' };
const TENSORRT = { model: 'tensorrt_llm', version: '1', server: 'triton', variant: 'v' };
const TGI = { server: 'tgi', variant: 'v' };

const NONE = { requests_total: 0, requests_failed_total: 0, requests_aborted_total: 0 };
const IDLE_BERT = { ...BERT, requests_total: 0, requests_failed_total: 0 };

const cases: readonly Case[] = [
  [
    'vllm',
    'vllm',
    [
      {
        ...LLAMA,
        requests_running: 10,
        requests_waiting: 3,
        kv_cache_usage_ratio: 0.5,
        preemptions_total: 3,
        input_tokens_total: 1_250_000,
        output_tokens_total: 340_000,
        requests_total: 100,
        requests_failed_total: 1,
        requests_aborted_total: 2,
      },
    ],
    [
      {
        ...LLAMA,
        requests_running: 1,
        kv_cache_usage_ratio: 0.125,
        prefix_cache_hit_ratio: 0.25,
        queue_mean_seconds: 0.5,
        requests_total: 110,
        requests_failed_total: 3,
        requests_aborted_total: 3,
        error_ratio: 0.2,
      },
    ],
  ],
  [
    'vllm-both-names',
    'vllm',
    [{ model: 'm', server: 'vllm', variant: 'v', requests_running: 1, kv_cache_usage_ratio: 0.5 }],
    [
      {
        model: 'm',
        server: 'vllm',
        variant: 'v',
        requests_running: 1,
        kv_cache_usage_ratio: 0.5,
        prefix_cache_hit_ratio: 0.4,
      },
    ],
  ],
  [
    'vllm-v0',
    'vllm',
    [
      {
        model: 'old',
        server: 'vllm',
        variant: 'v',
        requests_running: 2,
        requests_waiting: 5,
        kv_cache_usage_ratio: 0.0625,
        preemptions_total: 0,
        input_tokens_total: 100,
        output_tokens_total: 200,
        requests_total: 4,
      },
    ],
    [
      {
        model: 'old',
        server: 'vllm',
        variant: 'v',
        kv_cache_usage_ratio: 0.0625,
        prefix_cache_hit_ratio: 0.75,
        requests_total: 9,
      },
    ],
  ],
  [
    'sglang',
    'sglang',
    [
      {
        ...QWEN,
        requests_running: 11,
        requests_waiting: 5,
        kv_cache_usage_ratio: 0.5,
        preemptions_total: 7,
        input_tokens_total: 8000,
        output_tokens_total: 900,
        requests_total: 40,
        requests_aborted_total: 2,
      },
    ],
    [
      {
        ...QWEN,
        requests_running: 0,
        prefix_cache_hit_ratio: 0.5,
        queue_mean_seconds: 0.05,
        input_tokens_total: 9000,
        requests_total: 50,
      },
    ],
  ],
  [
    'triton',
    'triton',
    [
      {
        ...RESNET,
        requests_waiting: 12,
        requests_total: 107,
        requests_failed_total: 3,
        requests_aborted_total: 4,
      },
      IDLE_BERT,
    ],
    [
      {
        ...RESNET,
        requests_waiting: 0,
        queue_mean_seconds: 0.025,
        requests_total: 127,
        requests_failed_total: 8,
        requests_aborted_total: 9,
        error_ratio: 0.25,
      },
      IDLE_BERT,
    ],
  ],
  [
    'triton-old-with-llm',
    'triton',
    [
      {
        ...TENSORRT,
        requests_running: 3,
        kv_cache_usage_ratio: 0.4875,
        requests_total: 10,
        requests_failed_total: 0,
      },
    ],
    [{ ...TENSORRT, requests_total: 14, requests_failed_total: 1, error_ratio: 0.25 }],
  ],
  [
    'tgi',
    'tgi',
    [
      {
        ...TGI,
        ...NONE,
        requests_running: 16,
        requests_waiting: 3,
        input_tokens_total: 4210,
        output_tokens_total: 9000,
        requests_total: 50,
      },
    ],
    [
      {
        ...TGI,
        requests_running: 0,
        requests_waiting: 0,
        queue_mean_seconds: 0.1,
        requests_total: 60,
        requests_failed_total: 1,
        requests_aborted_total: 2,
        error_ratio: 0.1,
      },
    ],
  ],
];

describe('metrics of servers', () => {
  let server: MetricsServer;
  beforeEach(async () => {
    server = new MetricsServer();
    await server.start();
  });
  afterEach(() => server.stop());

  for (const [name, kind, first, second] of cases) {
    it(`${name} become these points`, async () => {
      const text = readFileSync(new URL(`expositions/${name}.txt`, import.meta.url), 'utf8');
      server.serve(...text.split('=== later\n'));
      const options = { url: server.url, kind, variant: 'v', intervalMs: 10_000, tags: { host: 'h' } };
      const sampler = new ServerSampler(options);
      const { signal } = new AbortController();
      for (const [timestampMs, rows] of [
        [1000, first],
        [11_000, second],
      ] as const) {
        const expected = rows.map((row) => ({ ...row, host: 'h', endpoint: server.endpoint, timestampMs }));
        expect((await sampler.sample(timestampMs, signal)).map(rowOf)).to.deep.equal(expected);
      }
      expect(sampler.degradations()).to.deep.equal([]);
    });
  }
});

/** Tags, fields and time of a point in one object; ratios to nine digits. */
function rowOf({ series, fields, timestampMs }: Point): Row {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  const rounded = known.map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  ]);
  return { ...series.tags, ...Object.fromEntries(rounded), timestampMs };
}

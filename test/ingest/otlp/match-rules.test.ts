import { expect } from 'chai';
import type { MatchRule } from '../../../agent/ingest/otlp/match-rules.ts';
import { MappedSpans, type RequestWords } from './mapped-spans.ts';
import { type ExportWords, Kind } from './span-builder.ts';

const vllm = (service: string, model?: string): ExportWords => ({
  resource: { 'service.name': service },
  spans: [
    {
      attributes: {
        'gen_ai.latency.e2e': 1.5,
        ...(model !== undefined && { 'gen_ai.request.model': model }),
      },
    },
  ],
});
const http: ExportWords = {
  resource: { 'service.name': 'fraud' },
  spans: [{ kind: Kind.server, attributes: { 'http.method': 'POST', 'http.route': '/predict' } }],
};
const triton: ExportWords = {
  scope: 'triton-server',
  resource: { 'service.name': 'triton' },
  spans: [
    { trace: 1, id: 2, parent: 1, name: 'resnet', attributes: { 'triton.model_name': 'resnet' } },
    { trace: 1, id: 3, parent: 2, name: 'compute' },
    { trace: 1, id: 1, name: 'InferRequest' },
  ],
};

type Names = Pick<RequestWords, 'model' | 'variant' | 'operation' | 'weight'>;

const CASES: readonly (readonly [string, readonly MatchRule[], ExportWords, Names])[] = [
  ['no rule', [], vllm('a', 'm'), { model: 'm' }],
  [
    'a variant by service',
    [{ service: 'a', variant: 'fp8' }],
    vllm('a', 'm'),
    { model: 'm', variant: 'fp8' },
  ],
  ['another service', [{ service: 'b', variant: 'fp8' }], vllm('a', 'm'), { model: 'm' }],
  ['a variant by model', [{ model: 'm', variant: 'fp8' }], vllm('a', 'm'), { model: 'm', variant: 'fp8' }],
  ['another model', [{ model: 'n', variant: 'fp8' }], vllm('a', 'm'), { model: 'm' }],
  ['a model by its service', [{ model: 'a', variant: 'fp8' }], vllm('a'), { model: 'a', variant: 'fp8' }],
  [
    'a name for a service that states none',
    [{ service: 'a', model: 'llama', variant: 'fp8' }],
    vllm('a'),
    { model: 'llama', variant: 'fp8' },
  ],
  [
    'no other name for one that states it',
    [{ service: 'a', model: 'llama', variant: 'fp8' }],
    vllm('a', 'm'),
    { model: 'm' },
  ],
  ['no name without a service', [{ model: 'llama', variant: 'fp8' }], vllm('a'), { model: 'a' }],
  ['no pattern as a name', [{ service: 'a', model: 'l*', variant: 'fp8' }], vllm('a'), { model: 'a' }],
  [
    'another name',
    [{ model: '*/Llama-3-AWQ', setModel: 'llama', variant: 'int4' }],
    vllm('a', 'hugging/quants/Llama-3-AWQ'),
    { model: 'llama', variant: 'int4' },
  ],
  ['a star for nothing', [{ service: 'a*', variant: 'x' }], vllm('a', 'm'), { model: 'm', variant: 'x' }],
  ['a star within', [{ service: 'a*c', variant: 'x' }], vllm('abbc', 'm'), { model: 'm', variant: 'x' }],
  ['the whole name, not a part', [{ service: 'b', variant: 'x' }], vllm('abc', 'm'), { model: 'm' }],
  ['no expression', [{ service: 'a.c', variant: 'x' }], vllm('abc', 'm'), { model: 'm' }],
  [
    'the first that matches',
    [{ service: 'b' }, { service: '*', variant: 'x' }, { service: 'a', variant: 'y' }],
    vllm('a', 'm'),
    { model: 'm', variant: 'x' },
  ],
  [
    'both patterns',
    [
      { service: 'a', model: 'n', variant: 'x' },
      { service: 'a', model: 'm', variant: 'y' },
    ],
    vllm('a', 'm'),
    { model: 'm', variant: 'y' },
  ],
  ['a sampled source', [{ service: 'a', sampleRate: 0.05 }], vllm('a', 'm'), { model: 'm', weight: 20 }],
  ['every request traced', [{ service: 'a', sampleRate: 1 }], vllm('a', 'm'), { model: 'm' }],
  ['an HTTP route', [{ model: '/predict', variant: 'x' }], http, { model: '/predict', variant: 'x' }],
  [
    'a name for an HTTP service: the route is the operation',
    [{ service: 'fraud', model: 'xgb', variant: 'int8' }],
    http,
    { model: 'xgb', variant: 'int8', operation: '/predict' },
  ],
  [
    'requests that waited',
    [{ service: 'triton', model: 'resnet', variant: 'fp16', sampleRate: 0.001 }],
    triton,
    { model: 'resnet', variant: 'fp16', weight: 1000 },
  ],
];

describe('match rules', () => {
  for (const [title, match, words, expected] of CASES) {
    it(title, () => {
      const [request] = new MappedSpans({ match }).receive(words).settle(40_000).requests;
      const { model, variant, operation, weight } = request;
      const names = { model, variant, operation, weight };
      const known = Object.entries(names).filter(([, value]) => value !== undefined);
      expect(Object.fromEntries(known)).to.deep.equal(expected);
    });
  }

  it('hold for both of two services in turn, and over a new generation of the intern table', () => {
    const spans = new MappedSpans({
      match: [
        { service: 'a', variant: 'x' },
        { service: 'b', variant: 'y' },
      ],
    });
    spans.receive(vllm('a', 'm')).receive(vllm('b', 'm')).receive(vllm('a', 'm'));
    const many = Array.from({ length: 20_000 }, (_unused, k) => ({
      attributes: { 'gen_ai.request.model': `m${k}` },
    }));
    spans.receive({ spans: many }).receive(vllm('c', 'm')).receive(vllm('b', 'm'));
    const variants = spans.requests.map(({ variant }) => variant);
    expect([...variants.slice(0, 3), ...variants.slice(-2)]).to.deep.equal(['x', 'y', 'x', undefined, 'y']);
  });

  it('take no exponential time for a pattern of many stars', () => {
    const service = '*a'.repeat(60);
    const spans = new MappedSpans({ match: [{ service: `${service}b`, variant: 'x' }] });
    expect(spans.receive(vllm('a'.repeat(250), 'm')).requests[0].variant).to.equal(undefined);
  }).timeout(2000);
});

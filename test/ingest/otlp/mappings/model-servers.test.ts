import { expect } from 'chai';
import { MappedSpans } from '../mapped-spans.ts';
import { type ExportWords, Kind, type SpanWords, type Value } from '../span-builder.ts';
import { type IgnoredCase, itMaps, type RequestCase } from './mapping-cases.ts';

type Attributes = Readonly<Record<string, Value>>;

/** What vLLM states of a streamed request of 100 tokens. */
const VLLM: Attributes = {
  'gen_ai.latency.e2e': 2.5,
  'gen_ai.latency.time_to_first_token': 0.25,
  'gen_ai.latency.time_in_queue': 0.0625,
  'gen_ai.latency.time_in_model_prefill': 0.1875,
  'gen_ai.latency.time_in_model_decode': 2.25,
  'gen_ai.latency.time_in_model_inference': 2.4375,
  'gen_ai.usage.prompt_tokens': 512,
  'gen_ai.usage.completion_tokens': 100,
  'gen_ai.request.id': 'cmpl-1',
  'gen_ai.request.n': 1,
};
const LLM_PHASES = {
  queue: 62_500_000,
  prefill: 187_500_000,
  decode: 2_250_000_000,
  inference: [2_437_500_000, 62_500_000],
} as const;
const LLM_TIMES = {
  latencyNs: 2_500_000_000,
  ttftNs: 250_000_000,
  inputTokens: 512,
  outputTokens: 100,
  phases: LLM_PHASES,
};

const vllm = (attributes: Attributes, span: SpanWords = {}, resource: Attributes = {}): ExportWords => ({
  scope: 'vllm.llm_engine',
  resource: { 'service.name': 'llama-fp8', ...resource },
  spans: [{ name: 'llm_request', kind: Kind.server, attributes, ...span }],
});

const sglang = (attributes: Attributes, span: SpanWords = {}): ExportWords => ({
  scope: 'sglang server',
  resource: { 'service.name': 'sglang' },
  spans: [
    {
      name: ' Req 1f2e3d4c',
      attributes: { module: 'sglang::request', rid: '1f2e3d4c5b', ...attributes },
      ...span,
    },
  ],
});
const SGLANG: Attributes = {
  ...VLLM,
  'gen_ai.response.model': 'qwen',
  'gen_ai.response.finish_reasons': '["stop"]',
};

const TGI: Attributes = {
  'code.namespace': 'text_generation_router::server',
  total_time: '1.234567891s',
  validation_time: '789.1µs',
  queue_time: '45.6ms',
  inference_time: '1.188178791s',
  time_per_token: '12ns',
  seed: 'None',
};
const tgi = (attributes: Attributes, name = 'generate'): ExportWords => ({
  resource: { 'service.name': 'text-generation-inference.router' },
  spans: [{ name, attributes }],
});
const TGI_REQUEST = {
  model: 'text-generation-inference.router',
  server: 'tgi',
  latencyNs: 1_234_567_891,
  status: 'ok',
  phases: { preprocess: 789_100, queue: 45_600_000, inference: 1_188_178_791 },
};

const REQUESTS: readonly RequestCase[] = [
  [
    'vLLM: a request',
    vllm(VLLM),
    { model: 'llama-fp8', server: 'vllm', status: 'unspecified', ...LLM_TIMES },
  ],
  [
    'vLLM: the model as requested stands before the one that answered',
    vllm({ ...VLLM, 'gen_ai.request.model': 'llama', 'gen_ai.response.model': 'other' }),
    { model: 'llama', server: 'vllm', status: 'unspecified', ...LLM_TIMES },
  ],
  [
    'vLLM: model and variant of the resource',
    vllm(VLLM, {}, { model: 'llama', variant: 'fp8' }),
    { model: 'llama', variant: 'fp8', server: 'vllm', status: 'unspecified', ...LLM_TIMES },
  ],
  [
    'vLLM: nothing but the span',
    vllm({}, { durationNs: 1_234_567_891 }),
    { model: 'llama-fp8', server: 'vllm', latencyNs: 1_234_567_891, status: 'unspecified' },
  ],
  [
    'vLLM: another scope',
    { ...vllm({ 'gen_ai.latency.e2e': 1.5 }), scope: 'vllm' },
    { model: 'llama-fp8', server: 'vllm', latencyNs: 1.5e9, status: 'unspecified' },
  ],
  [
    'vLLM: numbers as text',
    vllm({ 'gen_ai.latency.e2e': '1.5', 'gen_ai.usage.completion_tokens': '7' }),
    { model: 'llama-fp8', server: 'vllm', latencyNs: 1.5e9, outputTokens: 7, status: 'unspecified' },
  ],
  [
    'vLLM: values of the wrong types',
    vllm({
      'gen_ai.latency.e2e': { arrayValue: { values: [] } },
      'gen_ai.latency.time_to_first_token': 'soon',
      'gen_ai.usage.prompt_tokens': { kvlistValue: { values: [] } },
    }),
    { model: 'llama-fp8', server: 'vllm', latencyNs: 1e9, status: 'unspecified' },
  ],
  [
    'vLLM: values that cannot be',
    vllm({
      'gen_ai.latency.e2e': -1.5,
      'gen_ai.latency.time_to_first_token': Number.POSITIVE_INFINITY,
      'gen_ai.latency.time_in_queue': { doubleValue: Number.NaN },
      'gen_ai.latency.time_in_model_decode': { doubleValue: 1e300 },
      'gen_ai.usage.prompt_tokens': -1,
      'gen_ai.usage.completion_tokens': 0.5,
    }),
    { model: 'llama-fp8', server: 'vllm', latencyNs: 1e9, status: 'unspecified' },
  ],
  ['SGLang: a request', sglang(SGLANG), { model: 'qwen', server: 'sglang', status: 'ok', ...LLM_TIMES }],
  [
    'SGLang: an aborted request',
    sglang({ ...SGLANG, 'gen_ai.response.finish_reasons': '[{"type": "abort"}]' }),
    { model: 'qwen', server: 'sglang', status: 'error', ...LLM_TIMES },
  ],
  [
    'SGLang: a release that states no finish reasons',
    sglang({ 'gen_ai.latency.e2e': 1.5 }),
    { model: 'sglang', server: 'sglang', latencyNs: 1.5e9, status: 'unspecified' },
  ],
  [
    'SGLang: the decode side of a disaggregated request',
    sglang({ ...SGLANG, bootstrap_room: '0x2a' }, { name: 'decode Req 1f2e3d4c' }),
    { model: 'qwen', server: 'sglang', status: 'ok', ...LLM_TIMES },
  ],
  ['TGI: a request', tgi(TGI), TGI_REQUEST],
  ['TGI: a streamed request', tgi(TGI, 'generate_stream'), TGI_REQUEST],
  [
    'TGI: a request that failed',
    tgi({ 'code.namespace': 'text_generation_router::server' }, 'chat_completions'),
    { model: 'text-generation-inference.router', server: 'tgi', latencyNs: 1e9, status: 'error' },
  ],
  [
    'TGI: another service name',
    { ...tgi(TGI), resource: { 'service.name': 'mine' } },
    { ...TGI_REQUEST, model: 'mine' },
  ],
];

const IGNORED: readonly IgnoredCase[] = [
  ['vLLM: start-up', vllm({}, { name: 'load_model', kind: Kind.internal }), 'vllm_internal'],
  [
    'vLLM: a worker, known by its resource alone',
    { resource: { 'vllm.process_id': '42' }, spans: [{ name: 'execute_model' }] },
    'vllm_internal',
  ],
  [
    'SGLang: the prefill side of a disaggregated request',
    sglang({ ...SGLANG, bootstrap_room: '0x2a' }, { name: 'prefill Req 1f2e3d4c' }),
    'part_of_request',
  ],
  [
    'SGLang: a thread of a request, aborted',
    sglang({ module: 'scheduler' }, { name: 'Scheduler [TP 0]', status: 2 }),
    'part_of_request',
  ],
  ['TGI: a step of a request', tgi({}, 'infer'), 'part_of_request'],
  ['TGI: a handler that calls a handler', tgi({}, 'compat_generate'), 'part_of_request'],
];

describe('mappings of servers of language models', () => {
  itMaps(REQUESTS, IGNORED);

  it('keeps nothing of one request for the next', () => {
    const spans = new MappedSpans().receive(vllm(VLLM, {}, { variant: 'fp8' })).receive(vllm({}));
    expect(spans.requests[1]).to.deep.equal({
      model: 'llama-fp8',
      server: 'vllm',
      latencyNs: 1e9,
      status: 'unspecified',
    });
  });
});

import { type ExportWords, Kind, type SpanWords, type Value } from '../span-builder.ts';
import { type IgnoredCase, itMaps, type RequestCase } from './mapping-cases.ts';

type Attributes = Readonly<Record<string, Value>>;

const client = (attributes: Attributes, span: SpanWords = {}): ExportWords => ({
  resource: { 'service.name': 'app' },
  spans: [{ kind: Kind.client, durationNs: 3e9, attributes, ...span }],
});
const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt' };
const CHAT_REQUEST = { model: 'gpt', operation: 'chat', latencyNs: 3e9, status: 'ok' };
const VERCEL = { 'ai.operationId': 'ai.streamText.doStream', 'ai.model.id': 'm' };
const VERCEL_REQUEST = { model: 'm', operation: 'ai.streamText.doStream', latencyNs: 3e9, status: 'ok' };

const REQUESTS: readonly RequestCase[] = [
  ['GenAI: a call', client(CHAT), CHAT_REQUEST],
  [
    'GenAI: tokens and first chunk by the new names',
    client({
      ...CHAT,
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.response.time_to_first_chunk': 0.0005,
    }),
    { ...CHAT_REQUEST, inputTokens: 10, outputTokens: 20, ttftNs: 500_000 },
  ],
  [
    'GenAI: tokens by the old names',
    client({ ...CHAT, 'gen_ai.usage.prompt_tokens': 10, 'gen_ai.usage.completion_tokens': 20 }),
    { ...CHAT_REQUEST, inputTokens: 10, outputTokens: 20 },
  ],
  [
    'GenAI: the first token as an event',
    client(CHAT, { events: { 'gen_ai.first_token': 125_000_000 } }),
    { ...CHAT_REQUEST, ttftNs: 125_000_000 },
  ],
  ['GenAI: an error by status', client(CHAT, { status: 2 }), { ...CHAT_REQUEST, status: 'error' }],
  [
    'GenAI: an error by type',
    client({ ...CHAT, 'error.type': 'timeout' }),
    { ...CHAT_REQUEST, status: 'error' },
  ],
  [
    'GenAI: an error by exception',
    client(CHAT, { events: { exception: 5 } }),
    { ...CHAT_REQUEST, status: 'error' },
  ],
  [
    'GenAI: only the model that answered',
    client({ 'gen_ai.response.model': 'gpt-1' }),
    { model: 'gpt-1', latencyNs: 3e9, status: 'ok' },
  ],
  [
    'OpenInference: a call',
    client({
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt',
      'llm.token_count.prompt': 10,
      'llm.token_count.completion': 20,
    }),
    { model: 'gpt', operation: 'LLM', latencyNs: 3e9, status: 'ok', inputTokens: 10, outputTokens: 20 },
  ],
  [
    'OpenInference: an embedding',
    client({ 'openinference.span.kind': 'EMBEDDING', 'embedding.model_name': 'e5' }),
    { model: 'e5', operation: 'EMBEDDING', latencyNs: 3e9, status: 'ok' },
  ],
  [
    'OpenLLMetry: a call',
    client({
      'llm.request.type': 'chat',
      'gen_ai.system': 'OpenAI',
      'gen_ai.request.model': 'gpt',
      'gen_ai.usage.prompt_tokens': 10,
      'gen_ai.usage.completion_tokens': 20,
      'llm.usage.total_tokens': 30,
      'llm.is_streaming': true,
    }),
    { ...CHAT_REQUEST, inputTokens: 10, outputTokens: 20 },
  ],
  [
    'Vercel: a streamed call, times in milliseconds',
    client({
      ...VERCEL,
      'ai.usage.promptTokens': 10,
      'ai.usage.completionTokens': 20,
      'ai.response.msToFirstChunk': 12.5,
    }),
    { ...VERCEL_REQUEST, ttftNs: 12_500_000, inputTokens: 10, outputTokens: 20 },
  ],
  [
    'Vercel: tokens by the new names',
    client({ ...VERCEL, 'ai.usage.inputTokens': 10, 'ai.usage.outputTokens': 20 }),
    { ...VERCEL_REQUEST, inputTokens: 10, outputTokens: 20 },
  ],
];

const IGNORED: readonly IgnoredCase[] = [
  [
    'GenAI: an agent',
    client({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': 'm' }),
    'not_inference',
  ],
  ['GenAI: a tool', client({ 'gen_ai.operation.name': 'execute_tool' }), 'not_inference'],
  ['GenAI: neither operation nor model', client({ 'gen_ai.system': 'openai' }), 'not_inference'],
  ['OpenInference: a chain', client({ 'openinference.span.kind': 'CHAIN' }), 'not_inference'],
  ['OpenLLMetry: a workflow', client({ 'traceloop.span.kind': 'workflow' }), 'not_inference'],
  [
    'Vercel: what is around the call',
    client({ ...VERCEL, 'ai.operationId': 'ai.streamText' }),
    'part_of_request',
  ],
  ['Vercel: a tool', client({ 'ai.operationId': 'ai.toolCall' }), 'not_inference'],
  ['a span of a database', client({ 'db.system': 'redis' }), 'unknown_shape'],
];

describe('mappings of libraries that call models', () => {
  itMaps(REQUESTS, IGNORED);
});

import { REQUEST } from '../server-mapping.ts';
import { NOT_INFERENCE } from './gen-ai.ts';
import { declareRequests } from './request-mapping.ts';

/**
 * OpenLLMetry (Traceloop): calls of models have `llm.request.type`; workflows, tasks, agents and tools, which have
 * `traceloop.span.kind`, are ignored.
 */
export const openLlmetry = declareRequests({
  server: '',
  fields: {
    model: ['gen_ai.request.model', 'gen_ai.response.model', 'llm.request.model'],
    operation: ['gen_ai.operation.name', 'llm.request.type'],
    ttft: [['gen_ai.response.time_to_first_chunk', 's']],
    inputTokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens'],
    outputTokens: [
      'gen_ai.usage.output_tokens',
      'gen_ai.usage.completion_tokens',
      'llm.usage.completion_tokens',
    ],
  },
  statesErrors: true,
  attributes: { kind: 'traceloop.span.kind', type: 'llm.request.type' },
  resource: {},
  events: {},
  texts: {},
  bind: ({ attributes: keys }) => ({
    claims: ({ attributes }) => attributes.has(keys.type) || attributes.has(keys.kind),
    judge: ({ attributes }) => (attributes.has(keys.type) ? REQUEST : NOT_INFERENCE),
  }),
});

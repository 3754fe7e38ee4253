import { ignoredBy, REQUEST } from '../server-mapping.ts';
import { GEN_AI_LATENCY } from './gen-ai-latency.ts';
import { declareRequests } from './request-mapping.ts';

/** Start-up and other spans that vLLM makes of its own functions. */
const INTERNAL = ignoredBy('vllm_internal');

/**
 * vLLM (vllm/tracing, v1/engine/output_processor.py): one span `llm_request` a finished request, times in seconds. It
 * names no model by default, and sets no status: aborted and failed requests mostly make no span at all. Under KServe
 * (LLMInferenceService) it is sampled, 5 % by default, and a caller's traceparent decides for it: state `sample_rate`.
 */
export const vllm = declareRequests({
  server: 'vllm',
  fields: {
    ...GEN_AI_LATENCY,
    inference: [...GEN_AI_LATENCY.inference, ['gen_ai.latency.time_in_model_execute', 's']],
    inputTokens: ['gen_ai.usage.prompt_tokens', 'gen_ai.usage.input_tokens'],
    outputTokens: ['gen_ai.usage.completion_tokens', 'gen_ai.usage.output_tokens'],
  },
  statesErrors: false,
  attributes: { e2e: 'gen_ai.latency.e2e' },
  resource: { module: 'vllm.instrumenting_module_name', process: 'vllm.process_id' },
  events: {},
  texts: { request: 'llm_request', engine: 'vllm.llm_engine' },
  bind: ({ attributes: keys, resource: own, texts }) => ({
    claims: (span) =>
      span.attributes.has(keys.e2e) ||
      span.scope === texts.engine ||
      span.resource.has(own.module) ||
      span.resource.has(own.process) ||
      span.name === texts.request,
    judge: (span) => (span.attributes.has(keys.e2e) || span.name === texts.request ? REQUEST : INTERNAL),
  }),
});

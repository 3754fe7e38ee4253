import type { RequestFields } from './request-fields.ts';

/** The attributes that vLLM invented and SGLang took over, in seconds: how long a request took, and each part of it. */
export const GEN_AI_LATENCY = {
  model: ['gen_ai.request.model', 'gen_ai.response.model'],
  latency: [['gen_ai.latency.e2e', 's']],
  ttft: [['gen_ai.latency.time_to_first_token', 's']],
  phases: [
    ['queue', [['gen_ai.latency.time_in_queue', 's']]],
    ['prefill', [['gen_ai.latency.time_in_model_prefill', 's']]],
    ['decode', [['gen_ai.latency.time_in_model_decode', 's']]],
  ],
  inference: [['gen_ai.latency.time_in_model_inference', 's']],
} as const satisfies RequestFields;

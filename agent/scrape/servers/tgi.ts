import type { ServerMetrics } from '../server-metrics.ts';

const FAILURES = ['tgi_request_failure'];
const GONE = { label: 'err', values: ['dropped', 'cancelled'] };

/**
 * Text Generation Inference (router/src, docs/source/reference/metrics.md): one model, which it does not name. A metric
 * is there from its first count on. `tgi_request_count` also has calls that only tokenize, so that requests are those
 * that succeeded or failed.
 */
export const tgi: ServerMetrics = {
  server: 'tgi',
  startsEmpty: true,
  hint: 'TGI serves them at /metrics',
  rules: [
    { quantity: 'requestsRunning', names: ['tgi_batch_current_size'] },
    { quantity: 'requestsWaiting', names: ['tgi_queue_size'] },
    { quantity: 'inputTokens', names: ['tgi_request_input_length_sum'] },
    { quantity: 'outputTokens', names: ['tgi_request_generated_tokens_sum'] },
    { quantity: 'requestsSucceeded', names: ['tgi_request_success'], shownLate: true },
    { quantity: 'requestsFailed', names: FAILURES, except: GONE, shownLate: true },
    { quantity: 'requestsAborted', names: FAILURES, only: GONE, shownLate: true },
    { quantity: 'queueSeconds', names: ['tgi_request_queue_duration_sum'] },
    { quantity: 'requestsQueued', names: ['tgi_request_queue_duration_count'] },
  ],
};

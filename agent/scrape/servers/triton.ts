import type { ServerMetrics } from '../server-metrics.ts';

const FAILURES = ['nv_inference_request_failure'];
const CANCELED = { label: 'reason', values: ['CANCELED'] };
const ofRequests = (value: string) => ({ label: 'request_type', values: [value] });

/**
 * Triton (docs/user_guide/metrics.md; TensorRT-LLM's backend adds `nv_trt_llm_*`): every series has `model` and
 * `version`, an ensemble and its steps count each for itself. Newer releases give failures a `reason` (REJECTED,
 * CANCELED, BACKEND, OTHER); what fails before a model is asked, such as a body that is no JSON, they do not count.
 * Times are microseconds, summed over the requests; `counter_latencies` of --metrics-config may be off. What it says of
 * GPUs is read from the GPUs.
 */
export const triton: ServerMetrics = {
  server: 'triton',
  modelLabel: 'model',
  versionLabel: 'version',
  hint: 'Triton serves them on port 8002 and has them only of models that are loaded',
  rules: [
    {
      quantity: 'requestsRunning',
      names: ['nv_trt_llm_request_metrics'],
      only: ofRequests('scheduled'),
    },
    { quantity: 'requestsWaiting', names: ['nv_inference_pending_request_count'] },
    {
      quantity: 'kvCacheUsageRatio',
      names: ['nv_trt_llm_kv_cache_block_metrics'],
      only: { label: 'kv_cache_block_type', values: ['fraction'] },
      across: 'mean',
    },
    { quantity: 'requestsSucceeded', names: ['nv_inference_request_success'] },
    { quantity: 'requestsFailed', names: FAILURES, except: CANCELED },
    { quantity: 'requestsAborted', names: FAILURES, only: CANCELED },
    { quantity: 'queueSeconds', names: ['nv_inference_queue_duration_us'], scale: 1e-6 },
    // The time in the queue is of those that came out of it.
    { quantity: 'requestsQueued', names: ['nv_inference_request_success'] },
  ],
};

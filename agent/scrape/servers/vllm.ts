import type { ServerMetrics } from '../server-metrics.ts';

const FINISHED = ['vllm:request_success_total'];

/**
 * vLLM (vllm/v1/metrics/loggers.py, before it vllm/engine/metrics.py): every series has `model_name`, with version 1 of
 * the engine also `engine`, one a data-parallel rank. `request_success_total` counts finished requests by
 * `finished_reason`, the failed and aborted ones too; releases without the reason `error` do not count failures at all.
 * The caches' metrics lost the `gpu_` in their names, and some releases give both.
 */
export const vllm: ServerMetrics = {
  server: 'vllm',
  modelLabel: 'model_name',
  hint: 'vLLM serves them at /metrics of its API unless it runs with --disable-log-stats',
  rules: [
    { quantity: 'requestsRunning', names: ['vllm:num_requests_running'] },
    { quantity: 'requestsWaiting', names: ['vllm:num_requests_waiting'] },
    {
      quantity: 'kvCacheUsageRatio',
      names: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
      across: 'mean',
    },
    { quantity: 'preemptions', names: ['vllm:num_preemptions_total', 'vllm:num_preemptions'] },
    { quantity: 'inputTokens', names: ['vllm:prompt_tokens_total'] },
    { quantity: 'outputTokens', names: ['vllm:generation_tokens_total'] },
    { quantity: 'requestsFinished', names: FINISHED },
    { quantity: 'requestsFailed', names: FINISHED, only: { label: 'finished_reason', values: ['error'] } },
    { quantity: 'requestsAborted', names: FINISHED, only: { label: 'finished_reason', values: ['abort'] } },
    {
      quantity: 'prefixQueries',
      names: ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'],
    },
    { quantity: 'prefixHits', names: ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'] },
    // Version 0 of the engine states a share of its whole life, −1 while its cache is off.
    { quantity: 'prefixHitRatio', names: ['vllm:gpu_prefix_cache_hit_rate'], across: 'mean' },
    { quantity: 'queueSeconds', names: ['vllm:request_queue_time_seconds_sum'] },
    { quantity: 'requestsQueued', names: ['vllm:request_queue_time_seconds_count'] },
  ],
};

import type { ServerMetrics } from '../server-metrics.ts';

/**
 * SGLang (srt/metrics/collector.py, srt/observability/metrics_collector.py): every series has `model_name`. Schedulers
 * of one data-parallel rank (`tp_rank`, `pp_rank`, `moe_ep_rank`) report the same requests where each is asked to
 * report; a `priority` splits what the series without one states whole. Its counter of requests has those that came to
 * an end, those of aborted ones and of rejections by the scheduler are kept apart or not at all: there are no failures.
 * Token counts grow when a request ends.
 */
export const sglang: ServerMetrics = {
  server: 'sglang',
  modelLabel: 'model_name',
  replicaLabels: ['tp_rank', 'pp_rank', 'moe_ep_rank', 'priority'],
  hint: 'SGLang has them with --enable-metrics',
  rules: [
    { quantity: 'requestsRunning', names: ['sglang:num_running_reqs'] },
    { quantity: 'requestsWaiting', names: ['sglang:num_queue_reqs'] },
    { quantity: 'kvCacheUsageRatio', names: ['sglang:token_usage'], across: 'mean' },
    { quantity: 'preemptions', names: ['sglang:num_retracted_requests_total'] },
    { quantity: 'inputTokens', names: ['sglang:prompt_tokens_total'] },
    { quantity: 'outputTokens', names: ['sglang:generation_tokens_total'] },
    { quantity: 'requestsFinished', names: ['sglang:num_requests_total'] },
    { quantity: 'requestsAborted', names: ['sglang:num_aborted_requests_total'] },
    { quantity: 'prefixQueries', names: ['sglang:prompt_tokens_total'] },
    { quantity: 'prefixHits', names: ['sglang:cached_tokens_total'] },
    // Of the last batch alone.
    { quantity: 'prefixHitRatio', names: ['sglang:cache_hit_rate'], across: 'mean' },
    { quantity: 'queueSeconds', names: ['sglang:queue_time_seconds_sum'] },
    { quantity: 'requestsQueued', names: ['sglang:queue_time_seconds_count'] },
  ],
};

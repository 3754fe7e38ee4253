import type { FieldsOf } from '../core/point.ts';
import type { Quantity } from './server-metrics.ts';
import type { Quantities } from './server-readings.ts';

/**
 * The fields of one model. Ratios and means are of the time since `before`, the reading before this one; they are
 * absent without it, where nothing was counted, and where a counter went back because the server began anew.
 */
export function serverFields(now: Quantities, before: Quantities | undefined): FieldsOf<'server'> {
  const grown = (quantity: Quantity) => growth(now.get(quantity), before?.get(quantity));
  return {
    requests_running: whole(now.get('requestsRunning')),
    requests_waiting: whole(now.get('requestsWaiting')),
    kv_cache_usage_ratio: now.get('kvCacheUsageRatio'),
    prefix_cache_hit_ratio: prefixHitRatio(now, share(grown('prefixHits'), grown('prefixQueries'))),
    queue_mean_seconds: quotient(grown('queueSeconds'), grown('requestsQueued')),
    preemptions_total: whole(now.get('preemptions')),
    input_tokens_total: whole(now.get('inputTokens')),
    output_tokens_total: whole(now.get('outputTokens')),
    requests_total: whole(requests(now)),
    requests_failed_total: whole(now.get('requestsFailed')),
    requests_aborted_total: whole(now.get('requestsAborted')),
    error_ratio: share(grown('requestsFailed'), growth(requests(now), before && requests(before))),
  };
}

/** All that came to an end: some servers count those, some the good and the bad ones apart. */
function requests(quantities: Quantities): number | undefined {
  const finished = quantities.get('requestsFinished');
  const succeeded = quantities.get('requestsSucceeded');
  const failed = quantities.get('requestsFailed');
  if (finished !== undefined || succeeded === undefined || failed === undefined) return finished;
  return succeeded + failed + (quantities.get('requestsAborted') ?? 0);
}

/** Counters say more than the server's own share, which is of its whole life or of one batch. */
function prefixHitRatio(now: Quantities, counted: number | undefined): number | undefined {
  const hasCounters = now.has('prefixHits') && now.has('prefixQueries');
  return hasCounters ? counted : share(now.get('prefixHitRatio'), 1);
}

function growth(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined || now < before ? undefined : now - before;
}

function quotient(part: number | undefined, total: number | undefined): number | undefined {
  return part === undefined || total === undefined || total === 0 ? undefined : part / total;
}

/** A part cannot be more than the whole: the counters are of different lives. */
function share(part: number | undefined, total: number | undefined): number | undefined {
  const ratio = quotient(part, total);
  return ratio === undefined || ratio > 1 ? undefined : ratio;
}

/** Counts are written as floats. */
function whole(value: number | undefined): number | undefined {
  const rounded = value === undefined ? Number.NaN : Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

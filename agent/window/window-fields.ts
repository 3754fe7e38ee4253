import type { FieldsOf } from '../core/point.ts';
import type { Distribution } from './distribution.ts';
import { Counter } from './series-counters.ts';

/** Below this coverage a rate would be a guess. */
const MIN_COVERAGE_FOR_RATES = 0.1;

/** What the fields of one window are made from. */
export interface WindowContent {
  /** As `Counter` orders them. */
  readonly counters: Float64Array;
  readonly latency: Distribution | undefined;
  readonly errorLatency: Distribution | undefined;
  readonly windowSeconds: number;
  readonly coverage: number;
  readonly hasObjective: boolean;
}

export function inferenceFields(content: WindowContent): FieldsOf<'inference'> {
  const { counters, latency, errorLatency, coverage } = content;
  const read = (counter: number): number => counters[counter];
  const requests = read(Counter.requests);
  const stated = read(Counter.stated);
  const watchedSeconds = coverage < MIN_COVERAGE_FOR_RATES ? undefined : content.windowSeconds * coverage;
  const rate = (sum: number): number | undefined =>
    watchedSeconds === undefined ? undefined : sum / watchedSeconds;
  const rateIfGiven = (sum: number, given: number): number | undefined =>
    read(given) > 0 ? rate(read(sum)) : undefined;
  return {
    requests,
    requests_estimated: read(Counter.weight),
    errors: stated > 0 ? read(Counter.errors) : undefined,
    request_rate: rate(read(Counter.weight)),
    error_ratio: stated > 0 ? read(Counter.errors) / stated : undefined,
    item_rate: rateIfGiven(Counter.items, Counter.itemsGiven),
    input_token_rate: rateIfGiven(Counter.inputTokens, Counter.inputTokensGiven),
    output_token_rate: rateIfGiven(Counter.outputTokens, Counter.outputTokensGiven),
    latency_mean_seconds: latency?.mean,
    latency_min_seconds: latency?.min,
    latency_max_seconds: latency?.max,
    latency_stddev_seconds: latency?.stddev,
    latency_p50_seconds: latency?.p50,
    latency_p90_seconds: latency?.p90,
    latency_p95_seconds: latency?.p95,
    latency_p99_seconds: latency?.p99,
    latency_p999_seconds: latency?.p999,
    error_latency_mean_seconds: errorLatency?.mean,
    error_latency_p50_seconds: errorLatency?.p50,
    error_latency_p95_seconds: errorLatency?.p95,
    error_latency_max_seconds: errorLatency?.max,
    concurrency_mean: rate(read(Counter.weightedNs) / 1e9),
    slo_ratio: content.hasObjective && requests > 0 ? read(Counter.good) / requests : undefined,
    coverage_ratio: coverage,
  };
}

export function phaseFields(phase: Distribution, coverage: number): FieldsOf<'inference_phase'> {
  return {
    requests: phase.count,
    seconds_mean: phase.mean,
    seconds_max: phase.max,
    seconds_p50: phase.p50,
    seconds_p95: phase.p95,
    seconds_p99: phase.p99,
    coverage_ratio: coverage,
  };
}

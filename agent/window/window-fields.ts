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

/** Hot, and therefore without closures. */
export function inferenceFields(content: WindowContent): FieldsOf<'inference'> {
  const { counters, latency, errorLatency, coverage } = content;
  const requests = counters[Counter.requests];
  const stated = counters[Counter.stated];
  const judged = counters[Counter.judged];
  const seconds = coverage < MIN_COVERAGE_FOR_RATES ? undefined : content.windowSeconds * coverage;
  return {
    requests,
    requests_estimated: counters[Counter.weight],
    errors: stated > 0 ? counters[Counter.errors] : undefined,
    request_rate: rate(counters[Counter.weight], seconds),
    error_ratio: stated > 0 ? counters[Counter.errors] / stated : undefined,
    item_rate: rateIfGiven(counters, Counter.items, seconds),
    input_token_rate: rateIfGiven(counters, Counter.inputTokens, seconds),
    output_token_rate: rateIfGiven(counters, Counter.outputTokens, seconds),
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
    concurrency_mean: rate(counters[Counter.weightedNs] / 1e9, seconds),
    slo_ratio: content.hasObjective && judged > 0 ? counters[Counter.good] / judged : undefined,
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

function rate(sum: number, seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : sum / seconds;
}

/** The counter after a sum says how many requests gave a value. */
function rateIfGiven(counters: Float64Array, sum: number, seconds: number | undefined): number | undefined {
  return counters[sum + 1] > 0 ? rate(counters[sum], seconds) : undefined;
}

import { float, integer, type MeasurementSpec, seriesTags, windowTag } from './measurement-spec.ts';

/** Requests of one series in one window. A quantile's relative error is at most 1 %. */
export const inference = {
  help: 'Requests that completed in the window; the time of a point is the end of its window.',
  tags: { ...seriesTags, ...windowTag },
  fields: {
    requests: integer(
      '1',
      'Requests observed, failures included. One point with 0 follows the last request, then silence.',
    ),
    requests_estimated: float(
      '1',
      'Requests that the observed ones stand for: the sum of their sampling weights.',
    ),
    errors: integer('1', 'Failed requests observed. Absent where no sender of the series states a status.'),
    request_rate: float('1/s', 'requests_estimated a second watched. Absent below a coverage of 0.1.'),
    error_ratio: float('ratio', 'errors / requests whose sender states a status. Absent without such.'),
    item_rate: float('1/s', 'Batch items a second watched. Absent where no sender gives the batch size.'),
    input_token_rate: float('1/s', 'Input tokens a second watched. Absent where unknown.'),
    output_token_rate: float('1/s', 'Output tokens a second watched. Absent where unknown.'),
    latency_mean_seconds: float('s', 'Mean latency of the successful requests.'),
    latency_min_seconds: float('s', 'Least latency of the successful requests, exact.'),
    latency_max_seconds: float('s', 'Greatest latency of the successful requests, exact.'),
    latency_stddev_seconds: float(
      's',
      'Population standard deviation of the successful latencies, from the sketch.',
    ),
    latency_p50_seconds: float('s', 'Median latency of the successful requests.'),
    latency_p90_seconds: float('s', '90th percentile of the successful latencies.'),
    latency_p95_seconds: float('s', '95th percentile of the successful latencies.'),
    latency_p99_seconds: float('s', '99th percentile. Absent below 100 successful requests.'),
    latency_p999_seconds: float('s', '99.9th percentile. Absent below 1,000 successful requests.'),
    error_latency_mean_seconds: float('s', 'Mean latency of the failed requests.'),
    error_latency_p50_seconds: float('s', 'Median latency of the failed requests.'),
    error_latency_p95_seconds: float('s', '95th percentile of the failed latencies.'),
    error_latency_max_seconds: float('s', 'Greatest latency of the failed requests, exact.'),
    concurrency_mean: float(
      '1',
      'Mean number of requests in flight, by Little’s law: summed latency a second watched.',
    ),
    slo_ratio: float(
      'ratio',
      'Requests that succeeded within the objectives (latency, time to first token) / requests, without successes that do not state what there is an objective for. Absent without an objective.',
    ),
    coverage_ratio: float('ratio', 'Share of the window in which the agent was watching.'),
  },
} as const satisfies MeasurementSpec;

/** One phase of the requests of one series in one window; ttft and tpot are phases too. */
export const inferencePhase = {
  help: 'A phase of the successful requests in the window: queue, preprocess, h2d, inference, d2h, postprocess, prefill, decode, ttft (time to first token), tpot (time per output token), or a name of your own.',
  tags: {
    ...seriesTags,
    ...windowTag,
    phase: 'The name of the phase. `__overflow__` gathers names beyond the bound of 64.',
  },
  fields: {
    requests: integer('1', 'Successful requests that had this phase.'),
    seconds_mean: float('s', 'Mean duration of the phase.'),
    seconds_max: float('s', 'Greatest duration, exact.'),
    seconds_p50: float('s', 'Median duration.'),
    seconds_p95: float('s', '95th percentile.'),
    seconds_p99: float('s', '99th percentile. Absent below 100 requests.'),
    coverage_ratio: float('ratio', 'Share of the window in which the agent was watching.'),
  },
} as const satisfies MeasurementSpec;

/** The bins of one minute's latencies, for percentiles over a whole fleet. */
export const inferenceHistogram = {
  help: 'Latencies of the successful requests of one model and variant, over versions, operations and labels, in one minute: what happened in it, not since the start. Its time is the end of the minute (of the least multiple of the interval that is no shorter). Written once, at each of a fixed ladder of bounds, when nothing can come any more: `lateness` after its end and up to a minute later, for the agents of a fleet take turns. Silent when nothing came. Add up `count` and `total` over instances and time to get a percentile of them all: too high by at most 20 % (4 bounds an octave; 10 % with 8) between 0.125 ms and 131 s, never too low. Carries `instance` and no other tags than these. Only where points leave the machine, see `histogram`.',
  tags: {
    model: 'The model. `__overflow__` gathers those beyond 99 models and variants.',
    variant: seriesTags.variant,
    le: 'The bound in seconds, a fixed text: 0.000125, 0.0001487 … 131.1, +Inf. The bound that holds exactly is upper_seconds.',
  },
  fields: {
    count: float('1', 'Requests faster than the bound: those below smaller bounds among them.'),
    bin: float('1', 'Requests between the bound below and this one, for heatmaps.'),
    total: float('1', 'Requests of the minute, the same at each bound.'),
    upper_seconds: float(
      's',
      'The bound that `count` holds for: within 0.8 % of `le`. At +Inf the greatest latency of the minute, or the last bound if that is greater.',
    ),
    coverage_ratio: float('ratio', 'Share of the minute in which the agent was watching; only at +Inf.'),
  },
} as const satisfies MeasurementSpec;

import { float, type MeasurementSpec, seriesTags, text } from './measurement-spec.ts';

/** The fields of one latency figure: candidate / baseline, and its interval. */
const ratio = (what: string) =>
  float('ratio', `${what} of the series / that of its baseline. Absent where either is unknown.`);
const low = (what: string) =>
  float(
    'ratio',
    `Lower limit of the ratio of the ${what}, with 95 % confidence. Absent where the requests set none.`,
  );
const high = (what: string) =>
  float(
    'ratio',
    `Upper limit of the ratio of the ${what}, with 95 % confidence. Absent where the requests set none.`,
  );

/** One series beside one of its baselines, each interval. */
export const inferenceComparison = {
  help: 'A series beside a kept baseline of its model and operation: its last five minutes against the whole baseline. Has this range of its own, no window. See `infermeter compare`.',
  tags: { ...seriesTags, baseline: 'Name of the baseline.' },
  fields: {
    latency_mean_ratio: ratio('Mean latency'),
    latency_mean_ratio_low: low('mean latency'),
    latency_mean_ratio_high: high('mean latency'),
    latency_p50_ratio: ratio('Median latency'),
    latency_p50_ratio_low: low('median'),
    latency_p50_ratio_high: high('median'),
    latency_p95_ratio: ratio('95th percentile of the latency'),
    latency_p95_ratio_low: low('95th percentile'),
    latency_p95_ratio_high: high('95th percentile'),
    latency_p99_ratio: ratio('99th percentile of the latency'),
    latency_p99_ratio_low: low('99th percentile'),
    latency_p99_ratio_high: high('99th percentile'),
    request_rate_ratio: float('ratio', 'Requests a second / those of the baseline.'),
    energy_per_request_ratio: float(
      'ratio',
      'Energy a request / that of the baseline. Absent where either has no GPU energy.',
    ),
    memory_ratio: float('ratio', 'Greatest GPU memory in use / that of the baseline. Absent where unknown.'),
    verdict: text(
      'faster, slower, mixed (some figures of latency fell, others rose), no_difference_shown, too_few_requests (or too few independent ones), not_comparable (load or work differ), unsafe (more errors). It changes once three looks in a row agree, each at a minute that no other saw.',
    ),
    coverage_ratio: float('ratio', 'Share of the trailing range in which the series was recorded.'),
  },
} as const satisfies MeasurementSpec;

/** One row of the table: a figure, and what it says when it differs from the reference's. */
export interface ComparedMetric {
  readonly label: string;
  readonly field: string;
  readonly kind: 'seconds' | 'rate' | 'number' | 'share';
  /** Which direction is good; `neither`: it describes the load; `uncompared`: a difference would mean nothing. */
  readonly better: 'lower' | 'higher' | 'neither' | 'uncompared';
  /** Without values the row stays, as a reminder that it could be had. */
  readonly always: boolean;
  readonly help: string;
}

export interface MetricGroup {
  readonly title: string;
  readonly metrics: readonly ComparedMetric[];
}

const QUANTILE = { kind: 'seconds', better: 'lower', always: true } as const;
const LOAD = { better: 'neither' } as const;

const LATENCIES: readonly ComparedMetric[] = [
  {
    ...QUANTILE,
    label: 'p50',
    field: 'latency_p50_seconds',
    help: 'Half of the successful requests are as fast.',
  },
  {
    ...QUANTILE,
    label: 'p95',
    field: 'latency_p95_seconds',
    help: '95 % of the successful requests are as fast.',
  },
  {
    ...QUANTILE,
    label: 'p99',
    field: 'latency_p99_seconds',
    help: '99 % of the successful requests are as fast. Needs 100 of them in the window.',
  },
  {
    ...QUANTILE,
    label: 'mean',
    field: 'latency_mean_seconds',

    help: 'Mean of the successful requests.',
  },
];

/** What a column's headline is about, the first one that is known. */
export const HEADLINE_METRICS: readonly ComparedMetric[] = ['p95', 'p50'].flatMap((label) =>
  LATENCIES.filter((metric) => metric.label === label),
);

export const METRIC_GROUPS: readonly MetricGroup[] = [
  {
    title: 'Latency',
    metrics: LATENCIES,
  },
  {
    title: 'Load',
    metrics: [
      {
        ...LOAD,
        label: 'requests',
        field: 'requests',
        kind: 'number',
        better: 'uncompared',
        always: true,
        help: 'Requests in the window.',
      },
      {
        ...LOAD,
        label: 'rate',
        field: 'request_rate',
        kind: 'rate',
        always: true,
        help: 'Requests a second.',
      },
      {
        ...LOAD,
        label: 'in flight',
        field: 'concurrency_mean',
        kind: 'number',
        always: false,
        help: 'Mean number of requests in flight.',
      },
      {
        ...LOAD,
        label: 'items',
        field: 'item_rate',
        kind: 'rate',
        always: false,
        help: 'Batch items a second.',
      },
      {
        ...LOAD,
        label: 'output tokens',
        field: 'output_token_rate',
        kind: 'rate',
        always: false,
        help: 'Output tokens a second.',
      },
      {
        label: 'watched',
        field: 'coverage_ratio',
        kind: 'share',
        better: 'uncompared',
        always: false,
        help: 'Share of the window in which the agent was watching.',
      },
    ],
  },
  {
    title: 'Outcome',
    metrics: [
      {
        label: 'errors',
        field: 'error_ratio',
        kind: 'share',
        better: 'lower',
        always: true,
        help: 'Failed requests / requests. Unknown where no sender states a status.',
      },
      {
        label: 'within objective',
        field: 'slo_ratio',
        kind: 'share',
        better: 'higher',
        always: false,
        help: 'Requests that succeeded within the latency objective / requests.',
      },
    ],
  },
];

/** The row of a phase's mean. */
export function phaseMetric(phase: string): ComparedMetric {
  const help = `Mean duration of the phase ${phase}.`;
  return { ...QUANTILE, label: phase, field: 'seconds_mean', always: false, help };
}

/** The fields that the page reads, so that no others travel. */
export const REQUEST_FIELDS: readonly string[] = METRIC_GROUPS.flatMap((group) =>
  group.metrics.map((metric) => metric.field),
);
export const PHASE_FIELDS: readonly string[] = ['requests', 'seconds_mean', 'coverage_ratio'];

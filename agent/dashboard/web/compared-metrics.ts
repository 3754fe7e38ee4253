/** One row of the table: a figure, and what it says when it differs from the reference's. */
export interface ComparedMetric {
  readonly label: string;
  readonly field: string;
  readonly kind: 'seconds' | 'rate' | 'number' | 'share' | 'joules' | 'bytes';
  /** Which direction is good; `neither`: it describes the load; `uncompared`: a difference would mean nothing. */
  readonly better: 'lower' | 'higher' | 'neither' | 'uncompared';
  /** Without values the row stays, as a reminder that it could be had. */
  readonly always: boolean;
  readonly help: string;
}

export interface MetricGroup {
  readonly title: string;
  /** Of which of a variant's rows: its requests, or what they took of a GPU. */
  readonly of: 'requests' | 'gpuUse';
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

const GPU_FIGURE = { better: 'neither', always: false } as const;

/** An estimate, and known later than the rest: once the window is final. */
const GPU_METRICS: readonly ComparedMetric[] = [
  {
    ...GPU_FIGURE,
    label: 'energy a request',
    field: 'energy_per_request_joules',
    kind: 'joules',
    better: 'lower',
    help: 'Energy of the time in which the variant was busy / its successful requests. An estimate where it shares the GPU.',
  },
  {
    ...GPU_FIGURE,
    label: 'tokens a joule',
    field: 'output_tokens_per_joule',
    kind: 'number',
    better: 'higher',
    help: 'Output tokens / energy of the time in which the variant was busy.',
  },
  {
    ...GPU_FIGURE,
    label: 'share of the GPU',
    field: 'gpu_share_ratio',
    kind: 'share',
    help: 'Share of the time in which the variant was busy; what others were busy with at the same time is divided.',
  },
  {
    ...GPU_FIGURE,
    label: 'memory in use',
    field: 'memory_used_max_bytes',
    kind: 'bytes',
    better: 'uncompared',
    help: 'Greatest memory in use on the GPU, whoever holds it.',
  },
  {
    ...GPU_FIGURE,
    label: 'tensor, float',
    field: 'tensor_hmma_ratio',
    kind: 'share',
    help: 'Activity of the floating point tensor cores (fp16, bf16, tf32, fp8) in the window, whoever used them.',
  },
  {
    ...GPU_FIGURE,
    label: 'tensor, int8',
    field: 'tensor_imma_ratio',
    kind: 'share',
    help: 'Activity of the integer tensor cores in the window, whoever used them. 0: the model does not run on them.',
  },
];

/** What a column's headline is about, the first one that is known. */
export const HEADLINE_METRICS: readonly ComparedMetric[] = ['p95', 'p50'].flatMap((label) =>
  LATENCIES.filter((metric) => metric.label === label),
);

export const METRIC_GROUPS: readonly MetricGroup[] = [
  {
    title: 'Latency',
    of: 'requests',
    metrics: LATENCIES,
  },
  {
    title: 'Load',
    of: 'requests',
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
    of: 'requests',
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
        help: 'Requests that succeeded within the objectives (slo) / requests.',
      },
    ],
  },
  { title: 'GPU', of: 'gpuUse', metrics: GPU_METRICS },
];

/** The row of a phase's mean. */
export function phaseMetric(phase: string): ComparedMetric {
  const help = `Mean duration of the phase ${phase}.`;
  return { ...QUANTILE, label: phase, field: 'seconds_mean', always: false, help };
}

/** The fields that the page reads, so that no others travel. */
export const REQUEST_FIELDS: readonly string[] = fieldsOf('requests');
export const GPU_USE_FIELDS: readonly string[] = [...fieldsOf('gpuUse'), 'exclusive_ratio', 'coverage_ratio'];
export const PHASE_FIELDS: readonly string[] = ['requests', 'seconds_mean', 'coverage_ratio'];

function fieldsOf(rows: MetricGroup['of']): string[] {
  return METRIC_GROUPS.filter(({ of }) => of === rows).flatMap(({ metrics }) =>
    metrics.map(({ field }) => field),
  );
}

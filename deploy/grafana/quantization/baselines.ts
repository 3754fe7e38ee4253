import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget } from '../influxql.ts';
import { chart, grid, type Override } from '../panels.ts';
import { TIMES } from '../units.ts';
import { COMPARED } from './quantization-queries.ts';

/** What the comparisons come to. */
export function verdicts() {
  const figures = [
    'latency_p50',
    'latency_p95',
    'latency_p99',
    'request_rate',
    'energy_per_request',
    'memory',
  ];
  const columns = figures.map((figure) => [figure.replace('latency_', ''), `${figure}_ratio`] as const);
  return grid({
    title: 'Verdicts',
    text: 'The latest verdict of each series against each baseline, and its ratios: below 1 is less than the baseline. A verdict is given when the intervals of three agreeing comparisons leave no doubt; otherwise it says why there is none.',
    unit: TIMES,
    targets: [
      influxqlTarget(
        `SELECT last("verdict") AS "verdict", ${columns.map(([name, field]) => `last("${field}") AS "${name}"`).join(', ')} FROM "inference_comparison" WHERE ${COMPARED} GROUP BY "model", "variant", "baseline", "instance"`,
        { format: 'table' },
      ),
    ],
    columns: { verdict: 'string' },
    width: 24,
  });
}

/** How the ratios to baselines went over time, with what is known of them. */
export function ratios(): BoardRow['panels'] {
  const interval = (quantile: string, what: string) =>
    chart({
      title: `${what} against the baseline`,
      text: 'Latency of the last minutes / that of the baseline, with the interval that holds the true ratio with 95 % confidence, requests that depend on each other allowed for. Where the interval holds 1, no difference is shown. Latest figure of each step.',
      unit: TIMES,
      targets: [
        influxqlTarget(
          `SELECT last("latency_${quantile}_ratio_low") AS "low", last("latency_${quantile}_ratio") AS "ratio", last("latency_${quantile}_ratio_high") AS "high" FROM "inference_comparison" WHERE ${COMPARED} ${everyStep('model', 'variant', 'baseline')}`,
          { alias: '$tag_model $tag_variant : $tag_baseline $col' },
        ),
      ],
      width: 8,
      overrides: BAND,
    });
  const latest = (field: string, title: string, text: string) =>
    chart({
      title,
      text: `${text} Latest figure of each step.`,
      unit: TIMES,
      targets: [
        influxqlTarget(
          `SELECT last("${field}") AS "ratio" FROM "inference_comparison" WHERE ${COMPARED} ${everyStep('model', 'variant', 'baseline')}`,
          { alias: '$tag_model $tag_variant : $tag_baseline' },
        ),
      ],
      width: 8,
    });
  return [
    interval('p50', 'Median'),
    interval('p95', 'p95'),
    interval('p99', 'p99'),
    latest(
      'request_rate_ratio',
      'Throughput against the baseline',
      'Requests a second / those of the baseline: the load that came, not what could be served.',
    ),
    latest(
      'energy_per_request_ratio',
      'Energy against the baseline',
      'Energy a request / that of the baseline. Absent where either has no GPU energy.',
    ),
    latest(
      'memory_ratio',
      'Memory against the baseline',
      'Greatest GPU memory in use / that of the baseline.',
    ),
  ];
}

/** The limits are thin and dashed: the figure stands between them. */
const BAND: readonly Override[] = [
  {
    pattern: '/ (low|high)$/',
    properties: [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [4, 6] } },
      { id: 'custom.lineWidth', value: 1 },
      { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
    ],
  },
];

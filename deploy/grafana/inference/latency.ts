import type { BoardRow } from '../board.ts';
import { CHOSEN_WINDOW, everyStep, influxqlTarget, RANGE, where } from '../influxql.ts';
import { chart, heatMap } from '../panels.ts';
import { FLEET_ERROR, fleetQuantile, SERIES, SERIES_NAME, SERIES_STEP, WINDOW } from '../series-queries.ts';
import { unitOf } from '../units.ts';
import { WORST } from './inference-queries.ts';

const QUANTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

/** Latency of all replicas together, of the slowest, and its distribution. */
export function latency(): BoardRow['panels'] {
  return [
    chart({
      title: 'Latency over all replicas',
      text: `Percentiles by model and variant. ${FLEET_ERROR}`,
      unit: unitOf('inference_histogram', 'upper_seconds'),
      targets: QUANTILES.map(([name, quantile]) =>
        fleetQuantile(quantile, { alias: `${SERIES_NAME} ${name}`, every: '$__interval' }),
      ),
      width: 12,
      min: 0,
      interval: '1m',
    }),
    chart({
      title: 'Latency of the slowest replica',
      text: `${WORST} p99 is absent below 100 requests in a window, p999 below 1,000.`,
      unit: unitOf('inference', 'latency_p95_seconds'),
      targets: [
        influxqlTarget(
          `SELECT ${['p50', 'p90', 'p95', 'p99', 'p999'].map((p) => `max("latency_${p}_seconds") AS "${p}"`).join(', ')} FROM "inference" WHERE ${WINDOW} ${SERIES_STEP}`,
          { alias: `${SERIES_NAME} $col` },
        ),
      ],
      width: 12,
      min: 0,
    }),
    heatMap({
      title: 'Distribution of latency',
      text: 'Successful requests by latency, all chosen replicas together. Each row is a bin up to the bound that stands beside it, a quarter of an octave wide.',
      unit: unitOf('inference_histogram', 'bin'),
      boundUnit: unitOf('inference_histogram', 'upper_seconds'),
      targets: [
        influxqlTarget(
          `SELECT sum("bin") AS "requests" FROM "inference_histogram" WHERE ${SERIES} ${everyStep('le')}`,
          {
            alias: '$tag_le',
          },
        ),
      ],
      width: 12,
      height: 9,
    }),
  ];
}

/** What the latency consists of: replicas, and phases. */
export function replicas(): BoardRow['panels'] {
  return [
    chart({
      title: 'p95 by replica',
      text: `${WORST} One replica that differs from the others shows here.`,
      unit: unitOf('inference', 'latency_p95_seconds'),
      targets: [
        influxqlTarget(
          `SELECT max("latency_p95_seconds") AS "p95" FROM "inference" WHERE ${WINDOW} ${everyStep('model', 'variant', 'instance')}`,
          { alias: `${SERIES_NAME} $tag_instance` },
        ),
      ],
      width: 12,
      height: 9,
      min: 0,
    }),
    chart({
      title: 'Phases of $variant',
      text: 'Mean time of each phase, stacked: the height is about the mean latency. Means are weighted by requests, so that replicas and windows count for what they served. Time to first token and time per token overlap with other phases and stand below.',
      unit: unitOf('inference_phase', 'seconds_mean'),
      targets: [influxqlTarget(phaseMeans(), { alias: '$tag_phase' })],
      width: 12,
      stacked: true,
      min: 0,
      repeat: 'variant',
    }),
  ];
}

function phaseMeans(): string {
  const phases = where(['model', 'variant', 'instance'], CHOSEN_WINDOW, '"phase" !~ /^(ttft|tpot)$/');
  return `SELECT sum("weighted") / sum("requests") AS "mean" FROM (SELECT "seconds_mean" * "requests" AS "weighted", "requests" FROM "inference_phase" WHERE ${phases}) WHERE ${RANGE} ${everyStep('phase')}`;
}

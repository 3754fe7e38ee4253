import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { errorRatio, SERIES, SERIES_NAME, SERIES_STEP, sumOverSeries, WINDOW } from '../series-queries.ts';
import { REQUESTS_PER_SECOND, unitOf } from '../units.ts';
import { objectiveRatio } from './inference-queries.ts';

/** How much is served. */
export function throughput(): BoardRow['panels'] {
  return [
    chart({
      title: 'Requests',
      text: 'Requests a second, replicas added up. Sampled requests count with their weight. Rates are of the time that was watched.',
      unit: REQUESTS_PER_SECOND,
      targets: [influxqlTarget(sumOverSeries('request_rate', 'requests'), { alias: SERIES_NAME })],
      width: 8,
      min: 0,
    }),
    chart({
      title: 'In flight',
      text: 'Mean number of requests in flight by Little’s law (summed latency a second watched), replicas added up.',
      unit: unitOf('inference', 'concurrency_mean'),
      targets: [influxqlTarget(sumOverSeries('concurrency_mean', 'concurrency'), { alias: SERIES_NAME })],
      width: 8,
      min: 0,
    }),
    chart({
      title: 'Batch items',
      text: 'Batch items a second, replicas added up. Absent where no sender gives the batch size.',
      unit: unitOf('inference', 'item_rate'),
      targets: [influxqlTarget(sumOverSeries('item_rate', 'items'), { alias: SERIES_NAME })],
      width: 8,
      min: 0,
    }),
  ];
}

/** What fails, and what misses its objective. */
export function errors(): BoardRow['panels'] {
  return [
    chart({
      title: 'Errors',
      text: 'Failed requests / requests, of series whose senders state a status; and the ratio that the server itself states (vLLM and Triton set no status on their spans).',
      unit: unitOf('inference', 'error_ratio'),
      targets: [
        influxqlTarget(errorRatio(SERIES_STEP), { alias: SERIES_NAME }),
        influxqlTarget(`SELECT max("error_ratio") AS "errors" FROM "server" WHERE ${SERIES} ${SERIES_STEP}`, {
          alias: `${SERIES_NAME} (server)`,
        }),
      ],
      width: 8,
      min: 0,
    }),
    chart({
      title: 'Latency of errors',
      text: 'Of failed requests only, which the other latencies leave out: errors that come fast, or after a timeout. Worst window of the worst replica.',
      unit: unitOf('inference', 'error_latency_p95_seconds'),
      targets: [
        influxqlTarget(
          `SELECT max("error_latency_p50_seconds") AS "p50", max("error_latency_p95_seconds") AS "p95" FROM "inference" WHERE ${WINDOW} ${SERIES_STEP}`,
          { alias: `${SERIES_NAME} $col` },
        ),
      ],
      width: 8,
      min: 0,
    }),
    chart({
      title: 'Within the objective',
      text: 'Requests that succeeded within their latency objective (`slo`) / requests, weighted by requests. Counted exactly, not from percentiles.',
      unit: unitOf('inference', 'slo_ratio'),
      targets: [influxqlTarget(objectiveRatio(SERIES_STEP), { alias: SERIES_NAME })],
      width: 8,
      max: 1,
    }),
  ];
}

import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { figure } from '../panels.ts';
import { errorRatio, FLEET_ERROR, fleetQuantile, meanOverRange, WINDOW } from '../series-queries.ts';
import { REQUESTS_PER_SECOND, unitOf } from '../units.ts';
import { objectiveRatio } from './inference-queries.ts';

/** The whole range in five figures. */
export function overview(): BoardRow {
  return {
    title: 'Over the range',
    panels: [
      figure({
        title: 'p95 over all replicas',
        text: `The 95th percentile of the whole range by variant. ${FLEET_ERROR}`,
        unit: unitOf('inference_histogram', 'upper_seconds'),
        targets: [fleetQuantile(0.95, { alias: '$tag_variant' })],
        width: 6,
      }),
      figure({
        title: 'Requests',
        text: 'Requests a second of all chosen series and replicas: the mean of the range, from the first request to the last. Sampled requests count with their weight.',
        unit: REQUESTS_PER_SECOND,
        targets: [influxqlTarget(meanOverRange('request_rate', 'requests', ''), { alias: 'requests' })],
        width: 4,
      }),
      figure({
        title: 'Errors',
        text: 'Failed requests / requests, of series whose senders state a status.',
        unit: unitOf('inference', 'error_ratio'),
        targets: [influxqlTarget(errorRatio(''), { alias: 'errors' })],
        steps: [
          [null, 'green'],
          [0.01, 'orange'],
          [0.05, 'red'],
        ],
        width: 4,
      }),
      figure({
        title: 'Within the objective',
        text: 'Requests that succeeded within their latency objective (`slo`) / requests. Failed ones count as missed.',
        unit: unitOf('inference', 'slo_ratio'),
        targets: [influxqlTarget(objectiveRatio(''), { alias: 'within' })],
        steps: [
          [null, 'red'],
          [0.95, 'orange'],
          [0.99, 'green'],
        ],
        width: 5,
      }),
      figure({
        title: 'Least coverage',
        text: 'Share of its window in which the agent was watching, of the worst window and replica: below 1 after a start or restart, and then figures are of that share.',
        unit: unitOf('inference', 'coverage_ratio'),
        targets: [
          influxqlTarget(`SELECT min("coverage_ratio") AS "coverage" FROM "inference" WHERE ${WINDOW}`, {
            alias: 'coverage',
          }),
        ],
        steps: [
          [null, 'orange'],
          [0.99, 'green'],
        ],
        width: 5,
      }),
    ],
  };
}

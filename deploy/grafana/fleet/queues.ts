import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { ALIAS, growth, level, part } from './fleet-queries.ts';

/** What waits on its way to stores, what was lost on it, and how the agents do. */
export function queues(): BoardRow {
  return {
    title: 'Queues and losses',
    panels: [
      chart({
        title: 'Oldest point that waits',
        text: 'Age of the oldest batch in the outbox. An agent that cannot reach this store shows nothing here until it can again; then the points of the outage come in.',
        unit: unitOf('infermeter', 'outbox_oldest_seconds'),
        targets: [influxqlTarget(level('outbox', 'max("outbox_oldest_seconds") AS "age"'), ALIAS)],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Outbox',
        text: 'Compressed bytes that wait on disk, the most in each step.',
        unit: unitOf('infermeter', 'outbox_bytes'),
        targets: [influxqlTarget(level('outbox', 'max("outbox_bytes") AS "bytes"'), ALIAS)],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Points lost',
        text: 'Points a second that were lost because the outbox was full (dropped), or that a store refused for good (rejected).',
        unit: 'cps',
        targets: [
          influxqlTarget(growth('exporter', 'points_dropped_total', 'exporter'), {
            alias: '$tag_instance $tag_exporter dropped',
          }),
          influxqlTarget(growth('exporter', 'points_rejected_total', 'exporter'), {
            alias: '$tag_instance $tag_exporter rejected',
          }),
        ],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Requests to stores that failed',
        text: 'Requests a second that must be repeated. Nothing is lost by them as long as the outbox has room.',
        unit: 'cps',
        targets: [
          influxqlTarget(growth('exporter', 'exports_failed_total', 'exporter'), {
            alias: '$tag_instance $tag_exporter',
          }),
        ],
        width: 6,
        min: 0,
      }),
      ...health(),
    ],
  };
}

function health(): BoardRow['panels'] {
  return [
    chart({
      title: 'Readings that succeed',
      text: 'Share of readings that succeeded, by sampler: the host, the GPUs, the metrics of servers. 0: nothing is published of it.',
      unit: 'percentunit',
      targets: [
        influxqlTarget(
          `SELECT mean("poll_success") AS "success" FROM "infermeter" WHERE ${part('sampler')} ${everyStep('instance', 'sampler')}`,
          { alias: '$tag_instance $tag_sampler' },
        ),
      ],
      width: 8,
      min: 0,
      max: 1,
    }),
    chart({
      title: 'Flush',
      text: 'Greatest duration of a flush of each step, its waits for ingest included.',
      unit: unitOf('infermeter', 'flush_seconds'),
      targets: [influxqlTarget(level('window', 'max("flush_seconds") AS "flush"'), ALIAS)],
      width: 8,
      min: 0,
    }),
    chart({
      title: 'Delay of the event loop',
      text: 'Greatest delay of each step: how long a span may have waited for the agent.',
      unit: unitOf('infermeter', 'event_loop_delay_max_seconds'),
      targets: [influxqlTarget(level('process', 'max("event_loop_delay_max_seconds") AS "delay"'), ALIAS)],
      width: 8,
      min: 0,
    }),
  ];
}

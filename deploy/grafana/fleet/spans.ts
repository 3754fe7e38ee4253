import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { growth } from './fleet-queries.ts';

/** What came in, and what did not. */
export function intake(): BoardRow {
  return {
    title: 'Spans',
    panels: [
      chart({
        title: 'Accepted',
        text: 'Spans a second that were counted in a window, by instance and the way they came.',
        unit: 'cps',
        targets: [
          influxqlTarget(growth('ingest', 'spans_accepted_total', 'source'), {
            alias: '$tag_instance $tag_source',
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Refused',
        text: 'Spans a second that were refused, by reason: too_late and clock_ahead are clocks or slow senders, no_model a sender that says too little.',
        unit: 'cps',
        targets: [
          influxqlTarget(growth('ingest', 'spans_rejected_total', 'source', 'reason'), {
            alias: '$tag_instance $tag_reason',
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Lost before or beside the windows',
        text: 'Spans a second that clients say they let go before sending, and that were counted in the overflow series because there are too many.',
        unit: 'cps',
        targets: [
          influxqlTarget(growth('ingest', 'client_dropped_total', 'source'), {
            alias: '$tag_instance clients',
          }),
          influxqlTarget(growth('window', 'spans_overflowed_total'), { alias: '$tag_instance overflow' }),
        ],
        width: 8,
        min: 0,
      }),
    ],
  };
}

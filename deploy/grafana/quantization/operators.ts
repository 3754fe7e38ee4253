import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { grid } from '../panels.ts';
import { SERIES } from '../series-queries.ts';
import { unitOf } from '../units.ts';

/** Where a run of the model spends its time. */
export function operators(): BoardRow {
  return {
    title: 'Operators',
    panels: [
      grid({
        title: 'Operators by variant',
        text: 'The latest profile of each variant: time of each operator itself, for one run of the model, and its share of all operators of the device. Profiles come from the sender (torch.profiler, TensorRT, ONNX Runtime) and slow the model down while they are taken.',
        unit: 'short',
        targets: [
          influxqlTarget(
            `SELECT last("share_ratio") AS "share", last("self_per_iteration_seconds") AS "time", last("calls") AS "calls" FROM "operator" WHERE ${SERIES} GROUP BY "model", "variant", "device", "operator"`,
            { format: 'table' },
          ),
        ],
        columns: {
          share: unitOf('operator', 'share_ratio'),
          time: unitOf('operator', 'self_per_iteration_seconds'),
          calls: unitOf('operator', 'calls'),
        },
        sortBy: 'share',
        width: 24,
        height: 10,
      }),
    ],
  };
}

import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { SERIES_NAME, SERIES_STEP, WINDOW } from '../series-queries.ts';
import { TOKENS_PER_JOULE, unitOf } from '../units.ts';

/** Energy, and the tensor cores that were busy for it. */
export function cost(): BoardRow {
  const joined = (selected: string): string =>
    `SELECT ${selected} FROM "inference_gpu" WHERE ${WINDOW} ${SERIES_STEP}`;
  return {
    title: 'What they cost, and what they run on',
    panels: [
      chart({
        title: 'Energy a request',
        text: 'Energy of the slots in which the variant was busy / its successful requests, mean of the windows and replicas. A fair split, not a measurement, where it was not alone on the GPU.',
        unit: unitOf('inference_gpu', 'energy_per_request_joules'),
        targets: [
          influxqlTarget(joined('mean("energy_per_request_joules") AS "energy"'), {
            alias: SERIES_NAME,
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Tokens a joule',
        text: 'Output tokens / energy of the busy slots, mean of the windows and replicas.',
        unit: TOKENS_PER_JOULE,
        targets: [
          influxqlTarget(joined('mean("output_tokens_per_joule") AS "tokens"'), {
            alias: SERIES_NAME,
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Tensor cores while it runs',
        text: 'Activity of the tensor cores of its GPUs by kind, whoever used them. An int8 variant whose IMMA stays at 0 does not use what it was made for. Hopper and later.',
        unit: unitOf('inference_gpu', 'tensor_imma_ratio'),
        targets: [
          influxqlTarget(joined('mean("tensor_hmma_ratio") AS "HMMA", mean("tensor_imma_ratio") AS "IMMA"'), {
            alias: `${SERIES_NAME} $col`,
          }),
        ],
        width: 8,
        min: 0,
      }),
    ],
  };
}

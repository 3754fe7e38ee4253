import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { GPUS, JOINED } from './gpu-queries.ts';

/** What the models take of the GPUs. */
export function users(): BoardRow {
  const byUser = everyStep('model', 'variant', 'gpu');
  const alias = '$tag_model $tag_variant on $tag_gpu';
  const joined = (selected: string): string =>
    `SELECT ${selected} FROM "inference_gpu" WHERE ${JOINED} ${byUser}`;
  return {
    title: 'Who uses them',
    panels: [
      chart({
        title: 'Share of the GPU',
        text: 'Slots of 20 ms in which the series was in its inference phase, each divided by the number of series busy in it / slots watched: over all series at most 1. An estimate from spans.',
        unit: unitOf('inference_gpu', 'gpu_share_ratio'),
        targets: [influxqlTarget(joined('mean("gpu_share_ratio") AS "share"'), { alias })],
        width: 8,
        stacked: true,
        min: 0,
      }),
      chart({
        title: 'Alone on the GPU',
        text: 'Share of its busy slots in which no other series and no foreign process was there. Below 1 its energy is a fair split or an upper bound.',
        unit: unitOf('inference_gpu', 'exclusive_ratio'),
        targets: [influxqlTarget(joined('mean("exclusive_ratio") AS "alone"'), { alias })],
        width: 8,
        min: 0,
        max: 1,
      }),
      chart({
        title: 'Energy a request',
        text: 'Energy of the busy slots / successful requests: the GPU’s counter, spread by its power samples. Mean of the windows. Absent where requests are long against the window, and for windows under 10 s.',
        unit: unitOf('inference_gpu', 'energy_per_request_joules'),
        targets: [influxqlTarget(joined('mean("energy_per_request_joules") AS "energy"'), { alias })],
        width: 8,
        min: 0,
      }),
    ],
  };
}

/** GPUs that are divided. */
export function instances(): BoardRow {
  return {
    title: 'MIG',
    panels: [
      chart({
        title: 'Memory of MIG instances',
        text: 'Memory in use of each instance of a divided GPU.',
        unit: unitOf('nvidia_smi_mig', 'memory_fb_used'),
        targets: [
          influxqlTarget(
            `SELECT max("memory_fb_used") AS "used" FROM "nvidia_smi_mig" WHERE ${GPUS} ${everyStep('uuid', 'gpu_index', 'compute_index')}`,
            { alias: '$tag_uuid $tag_gpu_index/$tag_compute_index' },
          ),
        ],
        width: 24,
        min: 0,
      }),
    ],
  };
}

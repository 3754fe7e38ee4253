import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { byGpu, GPUS } from './gpu-queries.ts';

/** Utilization, memory and power by GPU. */
export function load(): BoardRow {
  return {
    title: 'Load',
    panels: [
      chart({
        title: 'Utilization',
        text: 'Share of time in which any kernel ran: mean, and the greatest of the driver’s samples, so that no burst hides between readings.',
        unit: unitOf('gpu_activity', 'utilization_mean_ratio'),
        targets: [
          influxqlTarget(
            byGpu(
              'gpu_activity',
              'mean("utilization_mean_ratio") AS "mean", max("utilization_max_ratio") AS "max"',
            ),
            {
              alias: '$tag_host GPU $tag_index $col',
            },
          ),
        ],
        width: 12,
        min: 0,
        max: 1,
      }),
      chart({
        title: 'Memory',
        text: 'Greatest memory in use and memory of each GPU, without what the driver reserves.',
        unit: unitOf('nvidia_smi', 'memory_used'),
        targets: [
          influxqlTarget(
            byGpu('nvidia_smi', 'max("memory_used") AS "used", max("memory_total") AS "total"'),
            {
              alias: '$tag_host GPU $tag_index $col',
            },
          ),
        ],
        width: 12,
        min: 0,
      }),
      chart({
        title: 'Power',
        text: 'Mean power of each GPU, and its limit.',
        unit: unitOf('nvidia_smi', 'power_draw'),
        targets: [
          influxqlTarget(byGpu('nvidia_smi', 'mean("power_draw") AS "draw", max("power_limit") AS "limit"'), {
            alias: '$tag_host GPU $tag_index $col',
          }),
        ],
        width: 12,
        min: 0,
      }),
      chart({
        title: 'Memory of processes',
        text: 'Memory that processes hold, by program and GPU. Absent where the driver does not show them (containers without hostPID).',
        unit: unitOf('nvidia_smi_process', 'used_memory'),
        targets: [
          influxqlTarget(
            `SELECT max("used_memory") AS "used" FROM "nvidia_smi_process" WHERE ${GPUS} ${everyStep('uuid', 'index', 'host', 'name')}`,
            { alias: '$tag_host GPU $tag_index $tag_name' },
          ),
        ],
        width: 12,
        stacked: true,
        min: 0,
      }),
    ],
  };
}

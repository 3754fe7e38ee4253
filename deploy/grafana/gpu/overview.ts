import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { figure } from '../panels.ts';
import { unitOf } from '../units.ts';
import { GPUS, SHARED, sumOverGpus } from './gpu-queries.ts';

/** The whole range in five figures. */
export function overview(): BoardRow {
  return {
    title: 'Over the range',
    panels: [
      figure({
        title: 'GPUs',
        text: `GPUs that answered. ${SHARED}`,
        unit: 'short',
        targets: [
          influxqlTarget(
            `SELECT count("value") AS "gpus" FROM (SELECT last("memory_total") AS "value" FROM "nvidia_smi" WHERE ${GPUS} GROUP BY "uuid")`,
            { alias: 'GPUs' },
          ),
        ],
        width: 4,
      }),
      figure({
        title: 'Utilization',
        text: 'Mean over time and GPUs of the share of time in which any kernel ran. It does not say how full the GPU was: see the tensor cores.',
        unit: unitOf('gpu_activity', 'utilization_mean_ratio'),
        targets: [
          influxqlTarget(
            `SELECT mean("utilization_mean_ratio") AS "utilization" FROM "gpu_activity" WHERE ${GPUS}`,
            {
              alias: 'utilization',
            },
          ),
        ],
        width: 5,
      }),
      figure({
        title: 'Memory in use',
        text: `Greatest memory in use of each GPU, added up. ${SHARED}`,
        unit: unitOf('nvidia_smi', 'memory_used'),
        targets: [influxqlTarget(sumOverGpus('nvidia_smi', 'max("memory_used")'), { alias: 'memory' })],
        width: 5,
      }),
      figure({
        title: 'Power',
        text: `Mean power of each GPU, added up. ${SHARED}`,
        unit: unitOf('nvidia_smi', 'power_draw'),
        targets: [influxqlTarget(sumOverGpus('nvidia_smi', 'mean("power_draw")'), { alias: 'power' })],
        width: 5,
      }),
      figure({
        title: 'Tensor cores',
        text: 'Mean over time and GPUs of the share of time in which tensor cores were busy. Hopper and later.',
        unit: unitOf('gpu_activity', 'tensor_any_active_ratio'),
        targets: [
          influxqlTarget(
            `SELECT mean("tensor_any_active_ratio") AS "tensor" FROM "gpu_activity" WHERE ${GPUS}`,
            {
              alias: 'tensor',
            },
          ),
        ],
        width: 5,
      }),
    ],
  };
}

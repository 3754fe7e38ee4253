import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { byGpu } from './gpu-queries.ts';

/** Which parts of the GPUs are busy: utilization does not tell. */
export function pipes(): BoardRow {
  const activity = (fields: readonly (readonly [field: string, name: string])[]): string =>
    byGpu('gpu_activity', fields.map(([field, name]) => `mean("${field}") AS "${name}"`).join(', '));
  return {
    title: 'What runs on them (Hopper and later)',
    panels: [
      chart({
        title: 'Tensor cores by kind',
        text: 'Share of time in which tensor cores multiplied floating point numbers (HMMA: fp16, bf16, tf32, fp8), integers (IMMA: int8), doubles (DFMA). An int8 model whose IMMA stays at 0 does not run on the int8 tensor cores, whatever utilization says.',
        unit: unitOf('gpu_activity', 'tensor_imma_active_ratio'),
        targets: [
          influxqlTarget(
            activity([
              ['tensor_hmma_active_ratio', 'HMMA'],
              ['tensor_imma_active_ratio', 'IMMA'],
              ['tensor_dfma_active_ratio', 'DFMA'],
            ]),
            { alias: '$tag_host GPU $tag_index $col' },
          ),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Multiprocessors',
        text: 'Share of time in which a multiprocessor had a warp (active), and resident warps / those that fit (occupancy), mean over all multiprocessors.',
        unit: unitOf('gpu_activity', 'sm_active_ratio'),
        targets: [
          influxqlTarget(
            activity([
              ['sm_active_ratio', 'active'],
              ['sm_occupancy_ratio', 'occupancy'],
            ]),
            { alias: '$tag_host GPU $tag_index $col' },
          ),
        ],
        width: 8,
        min: 0,
        max: 1,
      }),
      chart({
        title: 'Memory bandwidth and other pipes',
        text: 'Memory bandwidth used / possible, and the share of time in which the pipes beside the tensor cores were busy.',
        unit: unitOf('gpu_activity', 'dram_active_ratio'),
        targets: [
          influxqlTarget(
            activity([
              ['dram_active_ratio', 'DRAM'],
              ['fp32_active_ratio', 'fp32'],
              ['fp16_active_ratio', 'fp16'],
              ['integer_active_ratio', 'integer'],
            ]),
            { alias: '$tag_host GPU $tag_index $col' },
          ),
        ],
        width: 8,
        min: 0,
        max: 1,
      }),
    ],
  };
}

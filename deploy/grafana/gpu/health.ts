import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { byGpu } from './gpu-queries.ts';

/** What slows GPUs down. */
export function health(): BoardRow {
  return {
    title: 'Heat and clocks',
    panels: [
      chart({
        title: 'Temperature',
        text: 'Greatest temperature of the chip and of its memory.',
        unit: unitOf('nvidia_smi', 'temperature_gpu'),
        targets: [
          influxqlTarget(
            byGpu('nvidia_smi', 'max("temperature_gpu") AS "chip", max("temperature_memory") AS "memory"'),
            {
              alias: '$tag_host GPU $tag_index $col',
            },
          ),
        ],
        width: 8,
      }),
      chart({
        title: 'Clocks',
        text: 'Mean clock of the multiprocessors: it falls when the GPU idles, or is held back.',
        unit: unitOf('nvidia_smi', 'clocks_current_sm'),
        targets: [
          influxqlTarget(byGpu('nvidia_smi', 'mean("clocks_current_sm") AS "SM"'), {
            alias: '$tag_host GPU $tag_index $col',
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Held back',
        text: 'Share of readings in which the clocks were held back: by the power limit, by heat as the driver sees it, or by the hardware (heat or power brake).',
        unit: 'percentunit',
        targets: [
          influxqlTarget(
            byGpu(
              'nvidia_smi',
              'mean("clocks_event_reason_sw_power_cap") AS "power limit", mean("clocks_event_reason_sw_thermal_slowdown") AS "heat", mean("clocks_event_reason_hw_slowdown") AS "hardware"',
            ),
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

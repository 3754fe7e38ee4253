import type { BoardRow } from '../board.ts';
import { CHOSEN_WINDOW, everyStep, influxqlTarget, where } from '../influxql.ts';
import { chart, figure, grid } from '../panels.ts';
import { unitOf } from '../units.ts';
import { ALIAS, part } from './fleet-queries.ts';

/** Which agents there are, and what share of the time they watched. */
export function agents(): BoardRow {
  return {
    title: 'Agents',
    panels: [
      figure({
        title: 'Agents',
        text: 'How many agents wrote to this store in the range.',
        unit: 'short',
        targets: [
          influxqlTarget(
            `SELECT count("value") AS "agents" FROM (SELECT last("uptime_seconds") AS "value" FROM "infermeter" WHERE ${part('process')} GROUP BY "instance")`,
            { alias: 'agents' },
          ),
        ],
        width: 4,
        height: 8,
      }),
      grid({
        title: 'Instances',
        text: 'The latest figures of each agent: time since its start, its memory, CPU in cores, and the greatest delay of its event loop in the range.',
        unit: 'short',
        targets: [
          influxqlTarget(
            `SELECT last("uptime_seconds") AS "uptime", last("memory_rss_bytes") AS "memory", last("cpu_ratio") AS "cpu", max("event_loop_delay_max_seconds") AS "delay" FROM "infermeter" WHERE ${part('process')} GROUP BY "instance", "host"`,
            { format: 'table' },
          ),
          influxqlTarget(
            `SELECT last("series") AS "series", last("unwatched_seconds_total") AS "unwatched" FROM "infermeter" WHERE ${part('window')} GROUP BY "instance", "host"`,
            { format: 'table' },
          ),
        ],
        columns: {
          uptime: unitOf('infermeter', 'uptime_seconds'),
          memory: unitOf('infermeter', 'memory_rss_bytes'),
          cpu: unitOf('infermeter', 'cpu_ratio'),
          delay: unitOf('infermeter', 'event_loop_delay_max_seconds'),
          series: unitOf('infermeter', 'series'),
          unwatched: unitOf('infermeter', 'unwatched_seconds_total'),
        },
        width: 12,
      }),
      chart({
        title: 'Coverage',
        text: 'Share of its window in which the agent was watching, of the worst window of each step. Below 1 after a start, a restart or a long pause: requests of that time were not seen.',
        unit: unitOf('inference', 'coverage_ratio'),
        targets: [
          influxqlTarget(
            `SELECT min("coverage_ratio") AS "coverage" FROM "inference" WHERE ${where(['instance', 'model', 'variant'], CHOSEN_WINDOW)} ${everyStep('instance')}`,
            ALIAS,
          ),
        ],
        width: 8,
        max: 1,
      }),
    ],
  };
}

import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';
import { AGENTS, ALIAS } from './fleet-queries.ts';

/** The hosts, and the process that agents watch. */
export function machines(): BoardRow {
  const host = (selected: string): string =>
    `SELECT ${selected} FROM "host" WHERE ${AGENTS} ${everyStep('instance')}`;
  return {
    title: 'Machines',
    panels: [
      chart({
        title: 'CPU',
        text: 'Busy share of all cores of the machine.',
        unit: unitOf('host', 'cpu_ratio'),
        targets: [influxqlTarget(host('mean("cpu_ratio") AS "cpu"'), ALIAS)],
        width: 8,
        min: 0,
        max: 1,
      }),
      chart({
        title: 'Memory',
        text: 'Memory of the machine in use, without buffers and caches.',
        unit: unitOf('host', 'memory_used_bytes'),
        targets: [influxqlTarget(host('max("memory_used_bytes") AS "used"'), ALIAS)],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'The watched process',
        text: 'CPU of the inference server’s process, in cores (1 = one core busy). Needs `watch`.',
        unit: unitOf('host', 'process_cpu_ratio'),
        targets: [influxqlTarget(host('mean("process_cpu_ratio") AS "cpu"'), ALIAS)],
        width: 8,
        min: 0,
      }),
    ],
  };
}

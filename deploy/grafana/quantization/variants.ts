import type { BoardRow } from '../board.ts';
import { influxqlTarget } from '../influxql.ts';
import { grid } from '../panels.ts';
import { BY_SERIES, errorRatio, fleetQuantile, meanOverRange, WINDOW } from '../series-queries.ts';
import { REQUESTS_PER_SECOND, TOKENS_PER_SECOND, unitOf } from '../units.ts';

/** The variants of the models side by side, each as it served. */
export function variants(): BoardRow {
  const table = { format: 'table' } as const;
  const quantile = (name: string, share: number) => fleetQuantile(share, { as: name, ...table });
  const total = (name: string, field: string) => influxqlTarget(meanOverRange(field, name, BY_SERIES), table);
  const seconds = unitOf('inference_histogram', 'upper_seconds');
  return {
    title: 'Variants',
    panels: [
      grid({
        title: 'Variants side by side',
        text: 'Of the whole range. Percentiles over all replicas, from bins: at most 20 % above the true ones, never below. Rates of all replicas together. Energy: mean over the windows, an estimate where several share a GPU. Variants may have had other load: only a comparison with a baseline judges that.',
        unit: 'short',
        targets: [
          quantile('p50', 0.5),
          quantile('p95', 0.95),
          quantile('p99', 0.99),
          total('requests', 'request_rate'),
          total('tokens', 'output_token_rate'),
          influxqlTarget(errorRatio(BY_SERIES), table),
          influxqlTarget(
            `SELECT mean("energy_per_request_joules") AS "energy", max("memory_used_max_bytes") AS "memory", mean("tensor_any_ratio") AS "tensor" FROM "inference_gpu" WHERE ${WINDOW} ${BY_SERIES}`,
            table,
          ),
        ],
        columns: {
          p50: seconds,
          p95: seconds,
          p99: seconds,
          requests: REQUESTS_PER_SECOND,
          tokens: TOKENS_PER_SECOND,
          errors: unitOf('inference', 'error_ratio'),
          energy: unitOf('inference_gpu', 'energy_per_request_joules'),
          memory: unitOf('inference_gpu', 'memory_used_max_bytes'),
          tensor: unitOf('inference_gpu', 'tensor_any_ratio'),
        },
        width: 24,
      }),
    ],
  };
}

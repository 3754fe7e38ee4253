import type { BoardRow } from '../board.ts';
import { everyStep, influxqlTarget, where } from '../influxql.ts';
import { chart } from '../panels.ts';
import { unitOf } from '../units.ts';

/** What `scrape` reads of inference servers. */
export function servers(): BoardRow {
  const said = (selected: string): string =>
    `SELECT ${selected} FROM "server" WHERE ${where(['instance', 'model', 'variant'])} ${everyStep('model', 'variant', 'endpoint')}`;
  const alias = '$tag_model $tag_variant $tag_endpoint';
  return {
    title: 'Inference servers, as they say themselves',
    panels: [
      chart({
        title: 'KV cache',
        text: 'Greatest share of the KV cache in use. Near 1 running requests lose their place and begin again (preemptions).',
        unit: unitOf('server', 'kv_cache_usage_ratio'),
        targets: [influxqlTarget(said('max("kv_cache_usage_ratio") AS "used"'), { alias })],
        width: 8,
        min: 0,
        max: 1,
      }),
      chart({
        title: 'Running and waiting',
        text: 'Requests that are worked on, and that wait for a place: the most of each step.',
        unit: unitOf('server', 'requests_waiting'),
        targets: [
          influxqlTarget(said('max("requests_running") AS "running", max("requests_waiting") AS "waiting"'), {
            alias: `${alias} $col`,
          }),
        ],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Time in the queue',
        text: 'Mean time in the queue, of the worst reading of each step.',
        unit: unitOf('server', 'queue_mean_seconds'),
        targets: [influxqlTarget(said('max("queue_mean_seconds") AS "queue"'), { alias })],
        width: 8,
        min: 0,
      }),
      chart({
        title: 'Preemptions',
        text: 'How often a second running requests lost their place in the KV cache.',
        unit: 'cps',
        targets: [
          influxqlTarget(
            `SELECT non_negative_derivative(max("preemptions_total"), 1s) AS "rate" FROM "server" WHERE ${where(['instance', 'model', 'variant'])} ${everyStep('model', 'variant', 'endpoint')}`,
            { alias },
          ),
        ],
        width: 12,
        min: 0,
      }),
      chart({
        title: 'Prefix cache hits',
        text: 'Prompt tokens found in the prefix cache / those looked up, mean of the readings.',
        unit: unitOf('server', 'prefix_cache_hit_ratio'),
        targets: [influxqlTarget(said('mean("prefix_cache_hit_ratio") AS "hits"'), { alias })],
        width: 12,
        min: 0,
        max: 1,
      }),
    ],
  };
}

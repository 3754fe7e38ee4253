import type { BoardRow } from '../board.ts';
import { CHOSEN_WINDOW, influxqlTarget, where } from '../influxql.ts';
import { chart } from '../panels.ts';
import { SERIES_NAME, SERIES_STEP, sumOverSeries } from '../series-queries.ts';
import { TOKENS_PER_SECOND, unitOf } from '../units.ts';
import { WORST } from './inference-queries.ts';

/** Tokens: when the first one comes, how fast the others follow, how many there are. */
export function generation(): BoardRow {
  const phaseQuantiles = (phase: string): string =>
    `SELECT max("seconds_p50") AS "p50", max("seconds_p95") AS "p95" FROM "inference_phase" WHERE ${where(['model', 'variant', 'instance'], CHOSEN_WINDOW, `"phase" = '${phase}'`)} ${SERIES_STEP}`;
  return {
    title: 'Generation',
    panels: [
      chart({
        title: 'Time to first token',
        text: WORST,
        unit: unitOf('inference_phase', 'seconds_p95'),
        targets: [influxqlTarget(phaseQuantiles('ttft'), { alias: `${SERIES_NAME} $col` })],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Time per output token',
        text: `After the first token, a mean for each request. ${WORST}`,
        unit: unitOf('inference_phase', 'seconds_p95'),
        targets: [influxqlTarget(phaseQuantiles('tpot'), { alias: `${SERIES_NAME} $col` })],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Output tokens',
        text: 'Generated tokens a second, replicas added up.',
        unit: TOKENS_PER_SECOND,
        targets: [influxqlTarget(sumOverSeries('output_token_rate', 'tokens'), { alias: SERIES_NAME })],
        width: 6,
        min: 0,
      }),
      chart({
        title: 'Input tokens',
        text: 'Tokens of prompts a second, replicas added up.',
        unit: TOKENS_PER_SECOND,
        targets: [influxqlTarget(sumOverSeries('input_token_rate', 'tokens'), { alias: SERIES_NAME })],
        width: 6,
        min: 0,
      }),
    ],
  };
}

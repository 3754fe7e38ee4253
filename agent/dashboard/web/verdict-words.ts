import type { ComparedFigureAnswer, VerdictAnswer } from './api-answers.ts';
import { formatBytes, formatJoules, formatNumber, formatRate, formatSeconds } from './format.ts';

type Tone = 'better' | 'worse' | 'neutral';

/** How a verdict is said over all, and how it is meant. */
export const VERDICT_WORDS: Readonly<Record<VerdictAnswer, { readonly title: string; readonly tone: Tone }>> =
  {
    faster: { title: 'Faster', tone: 'better' },
    slower: { title: 'Slower', tone: 'worse' },
    mixed: { title: 'Faster in one, slower in another', tone: 'worse' },
    no_difference_shown: { title: 'No difference shown', tone: 'neutral' },
    too_few_requests: { title: 'Too few requests to tell', tone: 'neutral' },
    not_comparable: { title: 'Not comparable', tone: 'neutral' },
    unsafe: { title: 'Unsafe: more errors', tone: 'worse' },
  };

const NAMES: Readonly<Record<string, string>> = {
  latency_mean: 'mean',
  latency_p50: 'p50',
  latency_p95: 'p95',
  latency_p99: 'p99',
  request_rate: 'throughput',
  memory: 'memory',
  energy_per_request: 'energy a request',
  output_tokens_per_joule: 'tokens a joule',
};

export function figureName({ metric, phase }: ComparedFigureAnswer): string {
  return phase === undefined ? (NAMES[metric] ?? metric) : `${phase} ${metric.replace('phase_', '')}`;
}

/** Figures that are no times are better or worse, not faster. */
export function figureVerdict({ unit, verdict }: ComparedFigureAnswer): string {
  if (unit !== 's' && verdict === 'faster') return 'better';
  if (unit !== 's' && verdict === 'slower') return 'worse';
  return verdict.replaceAll('_', ' ');
}

export function formatFigure(value: number | undefined, unit: string): string {
  switch (unit) {
    case 's':
      return formatSeconds(value);
    case 'By':
      return formatBytes(value);
    case 'J':
      return formatJoules(value);
    case '1/s':
      return formatRate(value);
    default:
      return formatNumber(value);
  }
}

/** `0.66 – 0.76`, `above 0.66`; empty where the data set no bound. */
export function formatBounds({ low, high }: ComparedFigureAnswer): string {
  if (low !== undefined && high !== undefined) return `${formatRatio(low)} – ${formatRatio(high)}`;
  if (low !== undefined) return `above ${formatRatio(low)}`;
  return high === undefined ? '' : `below ${formatRatio(high)}`;
}

export function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined) return '–';
  return ratio >= 10 ? String(Number(ratio.toPrecision(3))) : ratio.toFixed(2);
}

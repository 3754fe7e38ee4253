import type { ComparedSide, Comparison } from './comparison.ts';
import { boundsText, percent, ratioText } from './figure-text.ts';
import { directionOf, judgePair, type MeasuredPair, type Shortfall } from './measured-pair.ts';

export interface Findings {
  readonly baseline: ComparedSide;
  readonly candidate: ComparedSide;
  readonly latency: readonly MeasuredPair[];
  readonly confidence: number;
  readonly errorsRose: boolean;
  /** A clause on how alike the loads are. */
  readonly load: string;
  /** What stands against any verdict. */
  readonly shortfall?: Shortfall;
}

type Conclusion = Pick<Comparison, 'verdict' | 'reason'>;

/** Which figure a sentence is about, where several say the same. */
const TELLING = ['latency_p95', 'latency_p50', 'latency_mean', 'latency_p99'];

/** The verdict over all figures of latency, and a sentence that says why. */
export function conclude(findings: Findings): Conclusion {
  const { baseline, candidate, latency, confidence, shortfall } = findings;
  if (findings.errorsRose) {
    const ratios = `${percent(baseline.errorRatio ?? 0)} to ${percent(candidate.errorRatio ?? 0)}`;
    return { verdict: 'unsafe', reason: `the error ratio rose from ${ratios}` };
  }
  if (shortfall) return shortfall;
  const shown = holm(latency, confidence);
  const better = shown.filter((pair) => directionOf(pair, confidence) === 'faster');
  const worse = shown.filter((pair) => directionOf(pair, confidence) === 'slower');
  if (better.length > 0 && worse.length > 0) {
    return { verdict: 'mixed', reason: `${describe(better, findings)}, but ${describe(worse, findings)}` };
  }
  if (better.length > 0) return { verdict: 'faster', reason: describe(better, findings) };
  if (worse.length > 0) return { verdict: 'slower', reason: describe(worse, findings) };
  return undecided(findings);
}

/** No figure differs: either enough is known of p95 to say so, or not. */
function undecided(findings: Findings): Conclusion {
  const pair = findings.latency.find(({ metric }) => metric === TELLING[0]);
  if (!pair) throw new Error('bug: a comparison without p95');
  const { verdict, reason = 'too few requests' } = judgePair(pair, findings.confidence);
  if (verdict === 'no_difference_shown') return { verdict, reason: describe([pair], findings) };
  return { verdict: 'too_few_requests', reason: `p95: ${reason}` };
}

/**
 * Pairs that differ, so that the chance of even one false one is at most 1 − confidence: the clearest must hold
 * against all their number, the next against the rest (Holm: A Simple Sequentially Rejective Test, 1979).
 */
function holm(pairs: readonly MeasuredPair[], confidence: number): readonly MeasuredPair[] {
  let rest = pairs.filter((pair) => pair.baseline && pair.candidate && !pair.shortfall);
  const shown: MeasuredPair[] = [];
  while (rest.length > 0) {
    const strict = 1 - (1 - confidence) / rest.length;
    const clear = rest.filter((pair) => directionOf(pair, strict) !== undefined);
    if (clear.length === 0) break;
    shown.push(...clear);
    rest = rest.filter((pair) => !clear.includes(pair));
  }
  return shown;
}

/** The most telling of the pairs: `p95 is 0.71 of fp16's (0.66–0.76); load alike`. */
function describe(
  pairs: readonly MeasuredPair[],
  { baseline, candidate, confidence, load }: Findings,
): string {
  const [pair] = pairs.toSorted((a, b) => TELLING.indexOf(a.metric) - TELLING.indexOf(b.metric));
  const { ratio = 0, low, high } = judgePair(pair, confidence);
  const name = pair.metric.replace('latency_', '').replace('mean', 'mean latency');
  const whose =
    baseline.series.variant === candidate.series.variant ? 'the baseline' : baseline.series.variant;
  return `${name} is ${ratioText(ratio)} of ${whose}'s (${boundsText(low, high)}); ${load}`;
}

import type { ComparedSide, Comparison, MetricComparison } from './comparison.ts';
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
  readonly shortfall: Shortfall | undefined;
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
  const said = [better, worse].flatMap((pairs) => pairs.toSorted(byTelling).slice(0, 1));
  const texts = said.map((pair) => describe(judgePair(pair, confidence), findings));
  const reason = `${texts.join(', but ')}; ${circumstances(findings)}`;
  if (better.length === 0) return worse.length > 0 ? { verdict: 'slower', reason } : undecided(findings);
  if (failuresMayHide(findings)) {
    return {
      verdict: 'not_comparable',
      reason: `${reason}; but only the baseline says which requests failed`,
    };
  }
  return { verdict: worse.length > 0 ? 'mixed' : 'faster', reason };
}

/** What the figures were measured under. */
function circumstances({ baseline, candidate, load }: Findings): string {
  const { errorRatio: before } = baseline;
  const { errorRatio: after = 0 } = candidate;
  if (before === undefined && after > 0) return `${load}; errors not known → ${percent(after)}`;
  if (before === undefined || after <= before) return load;
  return `${load}; errors ${percent(before)} → ${percent(after)}, within chance`;
}

function failuresMayHide({ baseline, candidate }: Findings): boolean {
  return baseline.errorRatio !== undefined && candidate.errorRatio === undefined;
}

/** No figure differs beyond chance: either enough is known of one of them to say so, or not. */
function undecided(findings: Findings): Conclusion {
  const rows = findings.latency.toSorted(byTelling).map((pair) => judgePair(pair, findings.confidence));
  const known = rows.find(({ low, high }) => low !== undefined && high !== undefined);
  if (!known) {
    const loosely = { ...rows[0], reason: 'bounded on one side only, too loosely for one figure of four' };
    const { verdict, metric, reason } = rows.find(isLacking) ?? loosely;
    return {
      verdict: verdict === 'not_comparable' ? verdict : 'too_few_requests',
      reason: `${nameOf(metric)}: ${reason}`,
    };
  }
  const byChance = known.verdict === 'no_difference_shown' ? '' : ', as one figure of four may be by chance';
  const reason = `${describe(known, findings)}${byChance}; ${circumstances(findings)}`;
  return { verdict: 'no_difference_shown', reason };
}

/** Whether a row says why it has no verdict: the reason of one that differs is what its bounds cover. */
function isLacking({ verdict, reason }: MetricComparison): boolean {
  return reason !== undefined && verdict !== 'faster' && verdict !== 'slower';
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

/** `p95 is 0.71 of fp16's (0.66–0.76)`; within the brackets also what the bounds cover besides chance. */
function describe(row: MetricComparison, { baseline, candidate }: Findings): string {
  const whose =
    baseline.series.variant === candidate.series.variant ? 'the baseline' : baseline.series.variant;
  const covers = row.reason === undefined ? '' : `; ${row.reason}`;
  return `${nameOf(row.metric)} is ${ratioText(row.ratio ?? 1)} of ${whose}'s (${boundsText(row.low, row.high)}${covers})`;
}

function nameOf(metric: string): string {
  return metric.replace('latency_', '').replace('mean', 'mean latency');
}

function byTelling(one: MeasuredPair, other: MeasuredPair): number {
  return TELLING.indexOf(one.metric) - TELLING.indexOf(other.metric);
}

import type { Comparison, Verdict } from './comparison.ts';
import { MIN_SLICES } from './recording.ts';

/**
 * Confidence that a look asks of `compareRecordings`: more than a single comparison does, because a gate is looked at a
 * thousand times a day, always beside the same baseline with the same chance error. docs/decisions/0012 has what was
 * measured.
 */
export const LOOK_CONFIDENCE = 0.99;
/**
 * What bounds must be beyond for a look to show a difference: in a day a machine comes to levels that one baseline was
 * not recorded at, however steady both seem.
 */
const LEAST_DIFFERENCE = 1.01;
const LOOKS_TO_CHANGE = 3;
const MIN_LOOK_MS = 60_000;

/** A look compares the slices since the one before, so that no two see the same requests; it is due after this long. */
export function lookLengthMs(sliceMs: number): number {
  return Math.max(MIN_LOOK_MS, MIN_SLICES * sliceMs);
}

/** What to show of a series that has a baseline. */
export interface LiveVerdict {
  readonly verdict: Verdict;
  /** Of the last look that said so. */
  readonly reason: string;
  /** What the last looks said, and how many of them in a row. */
  readonly latest: Verdict;
  readonly inARow: number;
}

/**
 * The verdict after one more look. A new one is shown once three looks in a row agree on it; until then the old one
 * stays. Pure: the state is the value returned for the look before, absent at the first.
 */
export function takeLook(before: LiveVerdict | undefined, look: Comparison): LiveVerdict {
  const verdict = showsLittle(look) ? 'no_difference_shown' : look.verdict;
  const inARow = before?.latest === verdict ? before.inARow + 1 : 1;
  const latest = { latest: verdict, inARow };
  if (verdict === before?.verdict || inARow >= LOOKS_TO_CHANGE) {
    return { verdict, reason: look.reason, ...latest };
  }
  if (before) return { verdict: before.verdict, reason: before.reason, ...latest };
  return {
    verdict: 'too_few_requests',
    reason: `${LOOKS_TO_CHANGE} looks in a row must agree first`,
    ...latest,
  };
}

/** Whether no figure of latency differs by more than a machine may by itself. */
function showsLittle({ verdict, metrics }: Comparison): boolean {
  if (verdict !== 'faster' && verdict !== 'slower' && verdict !== 'mixed') return false;
  const latency = metrics.filter(({ metric }) => metric.startsWith('latency_'));
  return latency.every(
    ({ low = 0, high = Infinity }) => low <= LEAST_DIFFERENCE && high >= 1 / LEAST_DIFFERENCE,
  );
}

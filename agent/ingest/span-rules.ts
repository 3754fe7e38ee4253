import type { SpanColumns } from '../core/span-sink.ts';
import type { ByteIntern } from './byte-intern.ts';
import { EMPTY_ID } from './byte-intern.ts';
import { GPU, MODEL } from './span-staging.ts';

/** Why a span is refused, by the names of the wire contract, in the order in which the rules are tried. */
export const Rejection = {
  none: 0,
  negative_duration: 1,
  duration_too_long: 2,
  time_out_of_range: 3,
  too_late: 4,
  clock_ahead: 5,
  invalid_status: 6,
  invalid_weight: 7,
  invalid_count: 8,
  too_many_phases: 9,
  invalid_phase: 10,
  missing_model: 11,
  label_too_long: 12,
  label_invalid: 13,
} as const;
export type Rejection = (typeof Rejection)[keyof typeof Rejection];

/** By code. */
export const REJECTION_NAMES: readonly string[] = Object.keys(Rejection);

const MAX_DURATION_NS = 24 * 3600 * 1e9;
const MAX_WEIGHT = 1e6;
const MAX_COUNT = 4_294_967_295;
const MAX_PHASES = 32;
const MAX_STATUS = 2;
/** Clocks of one machine or cluster differ by less; what is further ahead would fall into slices not yet open. */
export const MAX_AHEAD_MS = 5000;

/** When a span must have completed, in Unix ms. */
export interface TimeRange {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/**
 * Hot. The first rule that span i breaks, what its phases are apart. Written so that NaN breaks each rule in which it
 * is not "unknown".
 */
export function checkSpan(spans: SpanColumns, i: number, range: TimeRange): Rejection {
  const durationNs = spans.durationNs[i];
  const endMs = spans.endMs[i];
  const weight = spans.weight[i];
  const phases = spans.phaseStart[i + 1] - spans.phaseStart[i];
  if (durationNs < 0) return Rejection.negative_duration;
  if (durationNs > MAX_DURATION_NS) return Rejection.duration_too_long;
  if (Number.isNaN(endMs)) return Rejection.time_out_of_range;
  if (endMs < range.oldestMs) return Rejection.too_late;
  if (endMs > range.newestMs) return Rejection.clock_ahead;
  if (spans.status[i] > MAX_STATUS) return Rejection.invalid_status;
  if (!(weight >= 1 && weight <= MAX_WEIGHT)) return Rejection.invalid_weight;
  if (!isCount(spans.batchSize[i])) return Rejection.invalid_count;
  if (!isCount(spans.inputTokens[i])) return Rejection.invalid_count;
  if (!isCount(spans.outputTokens[i])) return Rejection.invalid_count;
  if (phases > MAX_PHASES) return Rejection.too_many_phases;
  return Rejection.none;
}

/**
 * Hot. Whether the phases from `start` to before `end` obey the rules; by their string ids, so before they are replaced.
 * Asked of all the phases of a message at once, in one flat loop, it makes columns a tenth cheaper to take.
 */
export function arePhasesSound(spans: SpanColumns, start: number, end: number, intern: ByteIntern): boolean {
  const { phase, phaseNs } = spans;
  for (let j = start; j < end; j++) {
    const durationNs = phaseNs[j];
    if (!(durationNs >= 0 && durationNs <= MAX_DURATION_NS && intern.isName(phase[j]))) return false;
  }
  return true;
}

/** The first rule that a tuple of string ids (see `SpanStaging`) breaks; its GPU is a hint and breaks none. */
export function checkTuple(tuple: Int32Array, intern: ByteIntern): Rejection {
  if (tuple[MODEL] === EMPTY_ID) return Rejection.missing_model;
  if (tuple.some((id, slot) => slot !== GPU && intern.isTooLong(id))) return Rejection.label_too_long;
  if (tuple.some((id, slot) => slot !== GPU && intern.isInvalid(id))) return Rejection.label_invalid;
  return Rejection.none;
}

function isCount(count: number): boolean {
  return Number.isNaN(count) || (count >= 0 && count <= MAX_COUNT && Math.floor(count) === count);
}

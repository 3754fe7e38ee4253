import type { OperatorTotals } from '../../core/operator-totals.ts';
import type { SeriesTags } from '../../core/series-tags.ts';
import { MAX_AHEAD_MS } from '../span-rules.ts';

/** Why a report, or one of its operators, is refused: names of the wire contract. */
export type OperatorRejection =
  | ('missing_model' | 'label_too_long' | 'label_invalid' | 'time_out_of_range' | 'clock_ahead')
  | ('missing_name' | 'negative_duration' | 'too_many_devices' | 'too_many_series');

/** 2000-01-01: what is earlier was not written in nanoseconds. */
const EARLIEST_MS = 946_684_800_000;

/** What the points of a report have in common. */
export interface ReportedProfile {
  readonly series: SeriesTags;
  readonly profiler: string;
  /** Unix ms. */
  readonly endMs: number;
}

/** The first rule that the report as a whole breaks. Old profiles are welcome: no window waits for them. */
export function checkProfile(
  { series, profiler, endMs }: ReportedProfile,
  nowMs: number,
  labelBytes: number,
): OperatorRejection | undefined {
  const { labels, ...names } = series;
  const texts = [...Object.values(names), ...Object.values(labels), profiler];
  if (series.model === '') return 'missing_model';
  if (texts.some((text) => Buffer.byteLength(text) > labelBytes)) return 'label_too_long';
  if (texts.some((text) => /\p{Cc}/u.test(text))) return 'label_invalid';
  if (endMs < EARLIEST_MS) return 'time_out_of_range';
  if (endMs > nowMs + MAX_AHEAD_MS) return 'clock_ahead';
  return undefined;
}

/** The rule that an operator breaks, its name already cleaned. */
export function checkOperator({ name, totalNs, selfNs }: OperatorTotals): OperatorRejection | undefined {
  if (name === '') return 'missing_name';
  if (totalNs < 0 || selfNs < 0) return 'negative_duration';
  return undefined;
}

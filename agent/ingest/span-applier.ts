import { NO_SERIES } from '../core/span-sink.ts';
import type { ByteIntern } from './byte-intern.ts';
import type { SeriesResolver } from './series-resolver.ts';
import type { SourceCounter } from './source-counter.ts';
import { arePhasesSound, checkSpan, REJECTION_NAMES, Rejection, type TimeRange } from './span-rules.ts';
import { NOT_FOUND_YET, type SpanStaging } from './span-staging.ts';

const MAX_REJECTIONS = 16;

/** What became of a batch's spans. */
export interface BatchResult {
  readonly accepted: number;
  readonly rejected: number;
  /** The first 16. */
  readonly rejections: readonly { readonly index: number; readonly reason: string }[];
}

export interface ApplyInput {
  readonly staging: SpanStaging;
  readonly intern: ByteIntern;
  readonly resolver: SeriesResolver;
  readonly counter: SourceCounter;
  readonly range: TimeRange;
}

/** Hot. Checks the staged spans one by one and puts the sink's ids in the place of the message's own. */
export function applySpans({ staging, intern, resolver, counter, range }: ApplyInput): BatchResult {
  const areAllSound = arePhasesSound(staging, 0, staging.phaseCount, intern);
  const rejections: { index: number; reason: string }[] = [];
  let rejected = 0;
  for (let i = 0; i < staging.count; i++) {
    const code =
      checkSpan(staging, i, range) ||
      (areAllSound ? Rejection.none : checkPhases(staging, i, intern)) ||
      resolveSpan(staging, i, resolver);
    if (code === Rejection.none) continue;
    counter.spans(code, 1);
    staging.series[i] = NO_SERIES;
    rejected++;
    if (rejections.length < MAX_REJECTIONS) rejections.push({ index: i, reason: REJECTION_NAMES[code] });
  }
  const accepted = staging.count - rejected;
  counter.spans(Rejection.none, accepted);
  return { accepted, rejected, rejections };
}

function checkPhases(staging: SpanStaging, i: number, intern: ByteIntern): Rejection {
  const { phaseStart } = staging;
  const areSound = arePhasesSound(staging, phaseStart[i], phaseStart[i + 1], intern);
  return areSound ? Rejection.none : Rejection.invalid_phase;
}

/** Returns the rule that the span's names break, if any. */
function resolveSpan(staging: SpanStaging, i: number, resolver: SeriesResolver): number {
  const tuple = staging.series[i];
  let found = staging.found[tuple];
  if (found === NOT_FOUND_YET) {
    found = resolver.find(staging.tuples, tuple * staging.tupleSize);
    staging.found[tuple] = found;
  }
  const series = resolver.seriesOf(found);
  if (series < 0) return -series;
  staging.series[i] = series;
  staging.gpu[i] = resolver.gpuOf(found);
  resolvePhases(staging, i, resolver);
  if (staging.hasOffsets) dropBadOffsets(staging, i);
  return Rejection.none;
}

function resolvePhases(staging: SpanStaging, i: number, resolver: SeriesResolver): void {
  const { phase, phaseStart } = staging;
  const end = phaseStart[i + 1];
  for (let j = phaseStart[i]; j < end; j++) phase[j] = resolver.phase(phase[j]);
}

/** An offset outside the request says nothing, and is no reason to refuse the span. */
function dropBadOffsets(staging: SpanStaging, i: number): void {
  const { phaseOffsetNs, phaseStart } = staging;
  const durationNs = staging.durationNs[i];
  for (let j = phaseStart[i]; j < phaseStart[i + 1]; j++) {
    if (!(phaseOffsetNs[j] >= 0 && phaseOffsetNs[j] <= durationNs)) phaseOffsetNs[j] = Number.NaN;
  }
}

import type { BaselineSummary } from './baseline-summary.ts';
import type { Comparison } from './comparison.ts';
import type { Densities } from './density.ts';
import { buffersOf, type RecordedRange } from './recorded-range.ts';

/** One side of a comparison: a baseline by its name, or what was just recorded. */
export type ComparedSource =
  | { readonly kind: 'kept'; readonly name: string }
  | { readonly kind: 'range'; readonly range: RecordedRange };

/** A comparison with what pictures need. */
export interface ComparisonResult {
  readonly comparison: Comparison;
  /** Absent where a side has no latency. */
  readonly densities?: Densities;
}

/** What the main thread asks of the comparison thread; answered in the order asked. Ranges are given away. */
export type ComparisonRequest =
  /** Checks a document and says what is in it. */
  | { readonly kind: 'read'; readonly text: string }
  /** Makes a document of a recording. */
  | { readonly kind: 'write'; readonly name?: string; readonly range: RecordedRange }
  /** Takes a baseline to compare with; as many are kept as there is room for. */
  | { readonly kind: 'keep'; readonly name: string; readonly text: string }
  /** The baseline changed, or is gone. */
  | { readonly kind: 'forget'; readonly name: string }
  | {
      readonly kind: 'compare';
      readonly baseline: ComparedSource;
      readonly candidate: ComparedSource;
      /** As `compareRecordings` takes it. */
      readonly confidence?: number;
    };

export type ComparisonReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'read'; readonly name?: string; readonly summary: BaselineSummary }
  | { readonly kind: 'written'; readonly text: string; readonly summary: BaselineSummary }
  | { readonly kind: 'compared'; readonly result: ComparisonResult }
  /** `compare`: this baseline is not here; hand it over by `keep` and ask again. The candidate is given back. */
  | { readonly kind: 'missing'; readonly name: string; readonly candidate: ComparedSource }
  /** What is wrong with the document. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** The buffers that go with a message, by handing them over. */
export function transferred(message: ComparisonRequest | ComparisonReply): ArrayBuffer[] {
  if (message.kind === 'write') return buffersOf(message.range);
  if (message.kind !== 'compare' && message.kind !== 'missing') return [];
  return message.candidate.kind === 'range' ? buffersOf(message.candidate.range) : [];
}

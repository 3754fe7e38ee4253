import type { SeriesTags } from '../core/series-tags.ts';
import type { Recording } from './recording.ts';

/** What is said of a baseline in lists. */
export interface BaselineSummary {
  readonly series: SeriesTags;
  readonly fromMs: number;
  readonly toMs: number;
  readonly sliceMs: number;
  /** Slices that were watched. */
  readonly slices: number;
  readonly requests: number;
  readonly errors: number;
  /** Windows with GPU figures. */
  readonly gpuWindows: number;
  /** Operators of its profile; 0: it has none. */
  readonly operators: number;
}

export function summarize({
  series,
  fromMs,
  toMs,
  sliceMs,
  slices,
  gpu,
  profile,
}: Recording): BaselineSummary {
  return {
    series,
    fromMs,
    toMs,
    sliceMs,
    slices: slices.length,
    requests: slices.reduce((sum, { requests }) => sum + requests, 0),
    errors: slices.reduce((sum, { errors }) => sum + errors, 0),
    gpuWindows: gpu.length,
    operators: profile?.operators.length ?? 0,
  };
}

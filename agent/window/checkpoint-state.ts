import type { EmittedRanges } from '../core/emitted-ends.ts';
import type { SeriesTags } from '../core/series-tags.ts';

export const CHECKPOINT_VERSION = 2;

/** What a checkpoint says beside series and slices: one row of JSON. */
export interface CheckpointState {
  readonly version: number;
  readonly intervalMs: number;
  /** Provisional points up to this end were emitted, in slices. */
  readonly flushedEnd: number;
  /** Windows up to this end are final. */
  readonly finalEnd: number;
  readonly committedMs: number;
  readonly watched: readonly (readonly [number, number])[];
  readonly emitted: EmittedRanges;
  readonly phases: readonly string[];
}

/** Throws when the text is no state of this version. */
export function parseCheckpointState(text: string): CheckpointState {
  const state = JSON.parse(text) as Partial<CheckpointState> | null;
  if (state?.version !== CHECKPOINT_VERSION) throw new Error(`they are of version ${state?.version}`);
  const isWhole =
    [state.intervalMs, state.flushedEnd, state.finalEnd, state.committedMs].every(Number.isFinite) &&
    isRanges(state.watched) &&
    isRangesByWindow(state.emitted?.sealed) &&
    isRangesByWindow(state.emitted?.current) &&
    Array.isArray(state.phases) &&
    state.phases.every((name) => typeof name === 'string');
  if (!isWhole) throw new Error('their state is damaged');
  return state as CheckpointState;
}

/** Throws when the text is no series. */
export function parseSeriesTags(text: string): SeriesTags {
  const tags = JSON.parse(text) as Partial<SeriesTags> | null;
  const { model, variant, version, operation, server, labels } = tags ?? {};
  const texts = [model, variant, version, operation, server, ...Object.values(labels ?? { none: undefined })];
  if (!texts.every((value) => typeof value === 'string')) throw new Error('a series is damaged');
  return tags as SeriesTags;
}

function isRanges(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite))
  );
}

function isRangesByWindow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isRanges);
}

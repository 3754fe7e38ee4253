import type { EmittedRanges } from '../core/emitted-ends.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { GpuFacts } from './joined-slice.ts';

export const JOIN_STATE_VERSION = 1;

/** What a checkpoint of the join says beside accounts and slices: one row of JSON. */
export interface JoinCheckpointState {
  readonly version: number;
  readonly intervalMs: number;
  readonly windowsMs: readonly number[];
  /** Slices before this one are joined. */
  readonly closedEnd: number;
  readonly watched: readonly (readonly [number, number])[];
  readonly emitted: EmittedRanges;
}

export interface AccountRow {
  readonly identity: number;
  readonly tags: SeriesTags;
  /** As spans name it; empty: they do not. */
  readonly gpu: string;
}

/** Throws when the text is no state of this version. */
export function parseJoinState(text: string): JoinCheckpointState {
  const state = JSON.parse(text) as Partial<JoinCheckpointState> | null;
  if (state?.version !== JOIN_STATE_VERSION) throw new Error(`it is of version ${state?.version}`);
  const isWhole =
    Number.isFinite(state.intervalMs) &&
    Number.isFinite(state.closedEnd) &&
    Array.isArray(state.windowsMs) &&
    Array.isArray(state.watched) &&
    [state.emitted?.sealed, state.emitted?.current].every((ranges) => typeof ranges === 'object');
  if (!isWhole) throw new Error('the state of the join is damaged');
  return state as JoinCheckpointState;
}

/** Throws when the text is no account. */
export function parseAccount(text: string): AccountRow {
  const row = JSON.parse(text) as Partial<AccountRow> | null;
  const { identity, tags, gpu } = row ?? {};
  if (!Number.isInteger(identity) || typeof tags?.model !== 'string' || typeof gpu !== 'string')
    throw new Error('an account of the join is damaged');
  return row as AccountRow;
}

/** Throws when the text does not say what GPUs did. */
export function parseGpuFacts(text: string): readonly GpuFacts[] {
  const row = JSON.parse(text) as { readonly gpus?: readonly GpuFacts[] } | null;
  if (row === null || !Array.isArray(row.gpus)) throw new Error('a slice of the join is damaged');
  return row.gpus.map((facts: GpuFacts) => ({
    ...facts,
    memoryUsedMaxBytes: facts.memoryUsedMaxBytes ?? Number.NaN,
  }));
}

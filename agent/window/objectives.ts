import type { SeriesTags } from '../core/series-tags.ts';

/** What a good request takes at most, by one measure or both; without a variant it holds for those that have none of their own. */
export interface Objective {
  readonly model: string;
  readonly variant?: string | undefined;
  readonly latencyMs?: number | undefined;
  readonly ttftMs?: number | undefined;
}

/** The limits of one series in ns; infinite: there is none. */
export interface Limits {
  readonly latencyNs: number;
  readonly ttftNs: number;
}

/** Undefined where no objective names the series. */
export function limitsOf(objectives: readonly Objective[], tags: SeriesTags): Limits | undefined {
  const ofModel = objectives.filter((objective) => objective.model === tags.model);
  const own = ofModel.find((objective) => objective.variant === tags.variant);
  const chosen = own ?? ofModel.find((objective) => objective.variant === undefined);
  if (chosen === undefined) return undefined;
  const { latencyMs = Number.POSITIVE_INFINITY, ttftMs = Number.POSITIVE_INFINITY } = chosen;
  return { latencyNs: latencyMs * 1e6, ttftNs: ttftMs * 1e6 };
}

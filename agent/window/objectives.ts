import type { SeriesTags } from '../core/series-tags.ts';

/** A latency objective; without a variant it holds for those of the model that have none of their own. */
export interface Objective {
  readonly model: string;
  readonly variant?: string | undefined;
  readonly latencyMs: number;
}

/** The greatest good latency of a series in ns, or NaN where no objective names it. */
export function objectiveNs(objectives: readonly Objective[], tags: SeriesTags): number {
  const ofModel = objectives.filter((objective) => objective.model === tags.model);
  const own = ofModel.find((objective) => objective.variant === tags.variant);
  const chosen = own ?? ofModel.find((objective) => objective.variant === undefined);
  return chosen === undefined ? Number.NaN : chosen.latencyMs * 1e6;
}

import type { BaselineAnswer, SeriesIdentity } from './api-answers.ts';
import { nameVariants, variantKey } from './variant-identity.ts';
import type { ViewState } from './view-state.ts';

/** A series that runs, by the key that the rest of the page knows it by. */
interface Candidate {
  readonly key: string;
  readonly label: string;
  readonly tags: SeriesIdentity;
}

export interface ComparedChoice {
  /** Of the model; undefined: not known yet. */
  readonly baselines: readonly BaselineAnswer[] | undefined;
  readonly baseline: BaselineAnswer | undefined;
  /** Series of the model, and of the baseline's operation. */
  readonly candidates: readonly Candidate[];
  readonly candidate: Candidate | undefined;
}

interface Known {
  readonly model: string;
  readonly baselines: readonly BaselineAnswer[] | undefined;
  /** Of the model. */
  readonly series: readonly SeriesIdentity[];
}

/** The chosen baseline, or else the newest; the chosen series, or else the first that is not of the baseline's variant. */
export function chooseCompared({ model, baselines, series }: Known, view: ViewState): ComparedChoice {
  const own = baselines?.filter((baseline) => baseline.series.model === model);
  const newest = own?.toSorted((a, b) => b.savedMs - a.savedMs)[0];
  const baseline = own?.find(({ name }) => name === view.baseline) ?? newest;
  const alike = series.filter(({ operation }) => operation === (baseline?.series.operation ?? operation));
  const byKey = new Map(alike.map((tags) => [keyOf(tags), tags]));
  const candidates = nameVariants(new Map([...byKey].map(([key, tags]) => [key, tagsOf(tags)]))).flatMap(
    ({ key, label }) => {
      const tags = byKey.get(key);
      return tags === undefined ? [] : [{ key, label, tags }];
    },
  );
  const candidate =
    candidates.find(({ key }) => key === view.candidate) ??
    candidates.find(({ tags }) => tags.variant !== baseline?.series.variant) ??
    candidates[0];
  return { baselines: own, baseline, candidates, candidate };
}

function keyOf(tags: SeriesIdentity): string {
  return variantKey(tagsOf(tags));
}

/** As points carry them: without what is not said. */
function tagsOf({ labels, ...texts }: SeriesIdentity): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...texts, ...labels }).filter(([, value]) => value !== ''));
}

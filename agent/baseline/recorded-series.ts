import type { Followed } from './followed-series.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { SeriesRecorder } from './series-recorder.ts';
import { isSelected, type SeriesSelector, seriesLabel } from './series-selector.ts';

/** Series named in a message. */
const MAX_NAMED = 8;

/** The one series that is meant, among those that are recorded. */
export function findRecorded(
  recorder: SeriesRecorder,
  selector: SeriesSelector,
): { readonly kind: 'found'; readonly followed: Followed } | Refusal {
  const found = recorder.followed.find(selector);
  if (found.length === 1) return { kind: 'found', followed: found[0] };
  if (found.length > 1) {
    const names = listOf(found.map(({ tags }) => seriesLabel(tags)));
    return refuse('several_series', `several series are meant: ${names}; say which`);
  }
  const known = recorder.followed.known();
  if (known.some((tags) => isSelected(tags, selector))) {
    const { followed, maxFollowed } = recorder.status();
    const bound = `${followed} of at most ${maxFollowed} series are (baseline.series)`;
    return refuse('not_recorded', `this series is not recorded: ${bound}`);
  }
  const names = known.length === 0 ? 'no requests came since the start' : listOf(known.map(seriesLabel));
  return refuse('unknown_series', `no such series: ${names}`);
}

function listOf(names: readonly string[]): string {
  const sorted = [...names].sort();
  const more = sorted.length - MAX_NAMED;
  return `${sorted.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

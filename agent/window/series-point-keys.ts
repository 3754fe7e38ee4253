import { PointSeries, type Tags } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { PhaseNames } from './phase-names.ts';
import { FIRST_PHASE } from './track-table.ts';

/** The `PointSeries` of one series in one window, built when first needed and kept. */
export class SeriesPointKeys {
  readonly inference: PointSeries<'inference'>;
  readonly #phases: (PointSeries<'inference_phase'> | undefined)[] = [];

  constructor(baseTags: Tags, series: SeriesTags, window: string) {
    const { labels, ...own } = series;
    this.inference = new PointSeries('inference', { ...labels, ...baseTags, ...own, window });
  }

  phase(kind: number, names: PhaseNames): PointSeries<'inference_phase'> {
    const phase = kind - FIRST_PHASE;
    const known = this.#phases[phase];
    if (known !== undefined) return known;
    const created = new PointSeries('inference_phase', {
      ...this.inference.tags,
      phase: names.nameOf(phase),
    });
    this.#phases[phase] = created;
    return created;
  }
}

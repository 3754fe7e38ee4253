import { OTHER_OPERATORS } from '../../core/operator-name.ts';
import { type DeviceRanking, type OperatorTotals, rankOperators } from '../../core/operator-totals.ts';
import { type FieldsOf, type PointOf, PointSeries, type Tags } from '../../core/point.ts';
import type { ReportedProfile } from './operator-rules.ts';

const MAX_NEW_SERIES_PER_DAY = 10_000;
const DAY_MS = 86_400_000;

/** One profile, its operators cleaned, checked and merged. */
export interface CheckedProfile extends ReportedProfile {
  /** 0: unknown. */
  readonly iterations: number;
  readonly operators: readonly OperatorTotals[];
}

type Row = PointOf<'operator'>;

/**
 * Makes points of profiles: of each device those of the operators that took most time, and one of the rest. Tag sets are
 * bounded: of those that are new to a day and beyond 10,000, the operators count with the rest.
 */
export class OperatorPoints {
  readonly #baseTags: Tags;
  readonly #top: number;
  readonly #series = new Map<string, PointSeries<'operator'>>();
  #day = 0;

  constructor(baseTags: Tags, top: number) {
    this.#baseTags = baseTags;
    this.#top = top;
  }

  /** `unplaced`: operators for which not even the rest of their device has room. */
  of(profile: CheckedProfile, nowMs: number): { readonly points: readonly Row[]; readonly unplaced: number } {
    this.#startDay(Math.floor(nowMs / DAY_MS));
    const points: Row[] = [];
    let unplaced = 0;
    for (const device of rankOperators(profile.operators, this.#top))
      unplaced += this.#add(points, profile, device);
    return { points, unplaced };
  }

  #add(points: Row[], profile: CheckedProfile, ranking: DeviceRanking): number {
    const { device, top } = ranking;
    const point = (series: PointSeries<'operator'>, fields: FieldsOf<'operator'>): Row => ({
      series,
      fields,
      timestampMs: profile.endMs,
    });
    const others = { ...ranking.others };
    for (const operator of top) {
      const series = this.#seriesOf(profile, device, operator.name);
      if (series !== undefined)
        points.push(point(series, fieldsOf({ ...operator, operators: 1 }, profile, ranking)));
      else {
        others.operators++;
        others.calls += operator.calls;
        others.selfNs += operator.selfNs;
      }
    }
    if (others.operators === 0) return 0;
    const rest = this.#seriesOf(profile, device, OTHER_OPERATORS);
    if (rest === undefined) return others.operators;
    points.push(point(rest, fieldsOf(others, profile, ranking)));
    return 0;
  }

  /** Undefined: there is no room for one more. */
  #seriesOf(
    { series, profiler }: CheckedProfile,
    device: string,
    operator: string,
  ): PointSeries<'operator'> | undefined {
    const { labels, ...names } = series;
    const own = { ...labels, ...names, profiler, device, operator };
    const key = JSON.stringify(Object.entries(own));
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_NEW_SERIES_PER_DAY) return undefined;
    const created = new PointSeries('operator', {
      ...labels,
      ...this.#baseTags,
      ...names,
      profiler,
      device,
      operator,
    });
    this.#series.set(key, created);
    return created;
  }

  #startDay(day: number): void {
    if (day === this.#day) return;
    this.#day = day;
    this.#series.clear();
  }
}

interface Figures {
  readonly operators: number;
  readonly calls: number;
  readonly totalNs?: number;
  readonly selfNs: number;
}

function fieldsOf(
  figures: Figures,
  { iterations }: CheckedProfile,
  device: DeviceRanking,
): FieldsOf<'operator'> {
  const { operators, calls, totalNs, selfNs } = figures;
  const selfSeconds = selfNs / 1e9;
  return {
    calls,
    total_seconds: totalNs === undefined ? undefined : totalNs / 1e9,
    self_seconds: selfSeconds,
    self_per_iteration_seconds: iterations === 0 ? undefined : selfSeconds / iterations,
    share_ratio: device.selfNs === 0 ? undefined : selfNs / device.selfNs,
    iterations: iterations === 0 ? undefined : iterations,
    operators,
  };
}

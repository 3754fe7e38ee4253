import { compareRecordings } from '../../agent/baseline/compare.ts';
import { type LiveVerdict, LOOK_CONFIDENCE, takeLook } from '../../agent/baseline/live-verdict.ts';
import { createRandom } from '../distributions.ts';
import { type Cell, sideOf } from './cell.ts';
import { createDrift } from './drift.ts';
import { record } from './traffic.ts';

export interface LiveDay {
  readonly series: number;
  readonly looks: number;
  readonly baselineSeconds: number;
  readonly confidence?: number;
}

/**
 * How many of `series` ever show a difference in a day of looks beside one baseline each; `cell` is the traffic of a
 * look. At ratio 1 each of them is false. A drift of one side is the baseline's; that of looks goes on all day.
 */
export function countEverShown(cell: Cell, day: LiveDay, seed: number): number {
  const random = createRandom(seed);
  const { confidence = LOOK_CONFIDENCE } = day;
  let shown = 0;
  for (let series = 0; series < day.series; series++) {
    const [baselineDrift, dayDrift] = [day.baselineSeconds, day.looks * cell.seconds].map((seconds) =>
      cell.drift ? createDrift(cell.drift, seconds, random) : () => 1,
    );
    const baseline = record(
      { ...sideOf(cell, 'baseline', random), seconds: day.baselineSeconds, driftAt: baselineDrift },
      random,
    );
    let state: LiveVerdict | undefined;
    for (let look = 0; look < day.looks; look++) {
      const driftAt = (second: number) =>
        cell.drift?.sides === 1 ? 1 : dayDrift(look * cell.seconds + second);
      const candidate = record({ ...sideOf(cell, 'candidate', random), driftAt }, random, 'int8');
      state = takeLook(state, compareRecordings(baseline, candidate, { confidence }));
      if (['faster', 'slower', 'mixed'].includes(state.verdict)) {
        shown++;
        break;
      }
    }
  }
  return shown;
}

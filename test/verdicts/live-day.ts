import { compareRecordings } from '../../agent/baseline/compare.ts';
import { type LiveVerdict, LOOK_CONFIDENCE, takeLook } from '../../agent/baseline/live-verdict.ts';
import { createRandom } from '../distributions.ts';
import { type Cell, sideOf } from './cell.ts';
import { record } from './traffic.ts';

export interface LiveDay {
  readonly series: number;
  readonly looks: number;
  readonly baselineSeconds: number;
  readonly confidence?: number;
}

/**
 * How many of `series` ever show a difference in a day of looks beside one baseline each; `cell` is the traffic of a
 * look. At ratio 1 each of them is false.
 */
export function countEverShown(cell: Cell, day: LiveDay, seed: number): number {
  const random = createRandom(seed);
  const { confidence = LOOK_CONFIDENCE } = day;
  let shown = 0;
  for (let series = 0; series < day.series; series++) {
    const baseline = record({ ...sideOf(cell, 'baseline', random), seconds: day.baselineSeconds }, random);
    let state: LiveVerdict | undefined;
    for (let look = 0; look < day.looks; look++) {
      const candidate = record(sideOf(cell, 'candidate', random), random, 'int8');
      state = takeLook(state, compareRecordings(baseline, candidate, { confidence }));
      if (['faster', 'slower', 'mixed'].includes(state.verdict)) {
        shown++;
        break;
      }
    }
  }
  return shown;
}

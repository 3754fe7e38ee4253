import { expect } from 'chai';
import { type Cell, FIGURES, rightShare, runCell, wrongShare } from './cell.ts';
import { driftCells, errorCells } from './cells.ts';
import { countEverShown } from './live-day.ts';

const PAIRS = 150;
const SEED = 7;
const usual: Cell = { shape: 'lognormal', rho: 0, seconds: 40, rate: 50, steps: false, ratio: 1 };

/** Three standard errors of a share seen in so many: what a right bar may be missed by, by chance. */
function margin(share: number, count: number): number {
  return 3 * Math.sqrt((share * (1 - share)) / count);
}

/** The short version of `npm run verdicts`, whose figures are in docs/evidence/verdicts.md. */
describe('verdicts on simulated pairs', function () {
  this.timeout(60_000);

  const equal: readonly [name: string, changes: Partial<Cell>, bar: number][] = [
    ['independent requests', {}, 0.05],
    ['requests that follow each other at 0.9', { rho: 0.9 }, 0.05],
    ['requests that follow each other at 0.98', { rho: 0.98 }, 0.08],
    ['loads that step at different times', { rho: 0.5, steps: true }, 0.05],
    ['latencies with two humps, in bursts', { shape: 'bimodal', rho: 0.9 }, 0.05],
  ];
  for (const [name, changes, bar] of equal) {
    it(`are seldom wrong about equals: ${name}`, () => {
      const tally = runCell({ ...usual, ...changes }, PAIRS, SEED);
      expect(wrongShare(tally, 1)).to.be.at.most(bar + margin(bar, PAIRS));
      for (const figure of FIGURES) {
        const { faster, slower, given, covered } = tally.figures[figure];
        expect((faster + slower) / PAIRS, figure).to.be.at.most(bar + margin(bar, PAIRS));
        if (given === 0) continue;
        expect(covered / given, figure).to.be.at.least(0.93 - margin(0.93, given));
      }
    });
  }

  for (const [ratio, power] of [
    [1.25, 0.99],
    [0.8, 0.99],
  ] as const) {
    it(`find a ratio of ${ratio} in 2,000 independent requests`, () => {
      const tally = runCell({ ...usual, ratio }, PAIRS, SEED);
      expect(rightShare(tally, ratio)).to.be.at.least(power - margin(power, PAIRS));
      expect(wrongShare(tally, ratio)).to.equal(0);
    });
  }

  const steady = driftCells.filter(({ drift }) => drift?.amplitude === 0.02);
  const drifting: readonly [name: string, cells: readonly Cell[], wrong: number, right: number][] = [
    ['find a large effect beyond it', steady.filter(({ ratio }) => ratio === 0.8 || ratio === 0.55), 0, 0.99],
    ['are seldom wrong about equals', steady.filter(({ ratio }) => ratio === 1), 0.05, 0],
    ['are not deceived by a slow start', driftCells.filter(({ drift }) => drift?.amplitude === 3), 0, 0],
  ];
  for (const [name, cells, wrong, right] of drifting) {
    it(`where a steady GPU drifts, ${name}`, () => {
      const pairs = 20;
      for (const cell of cells) {
        const tally = runCell(cell, pairs, SEED);
        const what = JSON.stringify(cell);
        expect(wrongShare(tally, cell.ratio), what).to.be.at.most(wrong + margin(wrong, pairs));
        if (right > 0)
          expect(rightShare(tally, cell.ratio), what).to.be.at.least(right - margin(right, pairs));
      }
    });
  }

  it('find errors that rose, and seldom some that did not', () => {
    const [same, risen] = errorCells
      .slice(0, 2)
      .map((cell) => (runCell(cell, PAIRS, SEED).verdicts.unsafe ?? 0) / PAIRS);
    expect(same).to.be.at.most(0.05 + margin(0.05, PAIRS));
    expect(risen).to.be.at.least(0.95 - margin(0.95, PAIRS));
  });

  it('seldom show a difference between equals in a series of looks', () => {
    const day = { series: 20, looks: 90, baselineSeconds: 60 };
    const shown = countEverShown({ ...usual, seconds: 60, rate: 10 }, day, SEED);
    expect(shown / day.series).to.be.at.most(0.05 + margin(0.05, day.series));
  });
});

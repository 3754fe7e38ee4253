import { expect } from 'chai';
import { binEdgeNs, binOf } from '../../agent/core/duration-bins.ts';
import { type BoundsPerOctave, durationLadder, ladderError } from '../../agent/core/duration-ladder.ts';

describe('durationLadder', () => {
  const cases: [perOctave: BoundsPerOctave, rungs: number, error: number][] = [
    [4, 81, 0.2],
    [8, 161, 0.1],
  ];
  for (const [perOctave, rungs, error] of cases) {
    describe(`with ${perOctave} bounds an octave`, () => {
      const ladder = durationLadder(perOctave);

      it(`has ${rungs} different bounds from 0.125 ms to 131 s`, () => {
        expect(new Set(ladder.map(({ le }) => le)).size).to.equal(rungs);
        expect([ladder[0].le, ladder[rungs - 1].le]).to.deep.equal(['0.000125', '131.1']);
      });

      it('has bounds that are edges of bins, so that a bin is wholly below or above', () => {
        for (const { endBin, upperSeconds } of ladder) {
          expect(binEdgeNs(endBin) / 1e9).to.equal(upperSeconds);
          expect(binOf(upperSeconds * 1e9)).to.be.oneOf([endBin, endBin - 1]);
          expect(binOf(upperSeconds * 1e9 * (1 - 1e-9))).to.equal(endBin - 1);
        }
      });

      it('says in `le` what the bound is, within 0.8 %', () => {
        for (const { le, upperSeconds } of ladder) expect(upperSeconds / Number(le)).to.be.closeTo(1, 0.008);
      });

      it(`is off by ${error * 100} % at most, as the documents say`, () => {
        expect(ladderError(ladder)).to.be.at.most(error);
      });
    });
  }

  it('has the bounds of the coarse ladder in the fine one', () => {
    const fine = new Set(durationLadder(8).map(({ le }) => le));
    expect(durationLadder(4).filter(({ le }) => !fine.has(le))).to.deep.equal([]);
  });
});

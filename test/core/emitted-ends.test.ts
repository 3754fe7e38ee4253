import { expect } from 'chai';
import { EmittedEnds } from '../../agent/core/emitted-ends.ts';

function sealedOf(ends: EmittedEnds, window = '10s'): number[] {
  return Array.from({ length: 30 }, (_, end) => end).filter((end) => ends.isSealed(window, end));
}

describe('EmittedEnds', () => {
  it('lets what was emitted be emitted again until it is sealed', () => {
    const ends = new EmittedEnds();
    ends.mark('10s', [3, 6]);
    expect(sealedOf(ends)).to.deep.equal([]);
    ends.seal();
    expect(sealedOf(ends)).to.deep.equal([4, 5, 6]);
    expect(sealedOf(ends, '1m')).to.deep.equal([]);
  });

  it('leaves ends free that were leapt over', () => {
    const ends = new EmittedEnds();
    ends.mark('10s', [0, 2]);
    ends.mark('10s', [2, 3]);
    ends.mark('10s', [20, 22]);
    ends.seal();
    expect(sealedOf(ends)).to.deep.equal([1, 2, 3, 21, 22]);
    expect(ends.ranges().sealed['10s']).to.have.length(2);
  });

  it('seals all windows up to an end', () => {
    const ends = new EmittedEnds();
    ends.sealUntil(2);
    ends.sealUntil(1);
    expect(sealedOf(ends, 'any')).to.deep.equal([0, 1, 2]);
  });

  it('is the same after a restart', () => {
    const ends = new EmittedEnds();
    ends.mark('10s', [0, 2]);
    ends.seal();
    ends.mark('10s', [5, 6]);
    const again = new EmittedEnds();
    again.restore(JSON.parse(JSON.stringify(ends.ranges())));
    expect(sealedOf(again)).to.deep.equal([1, 2]);
    again.seal();
    expect(sealedOf(again)).to.deep.equal([1, 2, 6]);
  });

  it('joins the oldest ranges when there are too many', () => {
    const ends = new EmittedEnds();
    for (let i = 0; i < 40; i++) ends.mark('10s', [i * 100, i * 100 + 1]);
    expect(ends.ranges().current['10s']).to.have.length(16);
    ends.seal();
    expect(ends.isSealed('10s', 50)).to.equal(true);
    expect(ends.isSealed('10s', 3850)).to.equal(false);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { setBits } from '../../agent/join/slot-bits.ts';
import { SlotSplit } from '../../agent/join/slot-split.ts';

const SLOTS = 50;

function bitmap(ranges: readonly (readonly [number, number])[]): Int32Array {
  const words = new Int32Array(2);
  for (const [first, end] of ranges) setBits(words, 0, first, end);
  return words;
}

function split(bitmaps: readonly Int32Array[], joules: Float64Array) {
  const parts = new SlotSplit(SLOTS);
  for (const bits of bitmaps) parts.add(bits);
  parts.settle(joules);
  return { shares: bitmaps.map((bits) => parts.shareOf(bits)), unusedJoules: parts.unusedJoules };
}

describe('the split of a slice', () => {
  it('hands out all of the energy, and no more slots than there are', () => {
    const slot = fc.integer({ min: 0, max: SLOTS });
    const series = fc.array(fc.tuple(slot, slot), { maxLength: 4 }).map(bitmap);
    const joules = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), {
      minLength: SLOTS,
      maxLength: SLOTS,
    });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 5 }), joules, (bitmaps, energy) => {
        const { shares, unusedJoules } = split(bitmaps, Float64Array.from(energy));
        const total = energy.reduce((sum, value) => sum + value, 0);
        const given = shares.reduce(
          (sum, share) => sum + share.activeJoules + share.idleJoules,
          unusedJoules,
        );
        expect(given).to.be.closeTo(total, 1e-9 * (1 + total));
        expect(shares.reduce((sum, { share }) => sum + share, 0)).to.be.at.most(SLOTS + 1e-9);
        if (shares.some(({ busy }) => busy > 0)) expect(unusedJoules).to.equal(0);
      }),
    );
  });

  it('gives a slot to those busy in it alike, and the rest by their share', () => {
    const energy = new Float64Array(SLOTS).fill(1);
    const { shares } = split([bitmap([[0, 20]]), bitmap([[10, 20]]), bitmap([])], energy);
    expect(shares).to.deep.equal([
      { busy: 20, share: 15, alone: 10, activeJoules: 15, idleJoules: 22.5 },
      { busy: 10, share: 5, alone: 0, activeJoules: 5, idleJoules: 7.5 },
      { busy: 0, share: 0, alone: 0, activeJoules: 0, idleJoules: 0 },
    ]);
  });
});

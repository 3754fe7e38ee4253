import { expect } from 'chai';
import fc from 'fast-check';
import { addBits, countBits, countSlots, setBits, sumSlots } from '../../agent/join/slot-bits.ts';

const WORDS = 4;
const range = fc.tuple(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 128 }));

function bitsOf(words: Int32Array): number[] {
  const counts = new Uint16Array(words.length * 32);
  countSlots(words, counts);
  return [...counts.keys()].filter((bit) => counts[bit] === 1);
}

describe('a bitmap of slots', () => {
  it('holds the union of the ranges that were set, in its own words alone', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
        const words = new Int32Array(WORDS + 2);
        const expected = new Set<number>();
        for (const [first, end] of ranges) {
          setBits(words, 1, first, end);
          for (let bit = first; bit < end; bit++) expected.add(bit);
        }
        const own = words.subarray(1, 1 + WORDS);
        expect(bitsOf(own)).to.deep.equal([...expected].sort((a, b) => a - b));
        expect(countBits(own)).to.equal(expected.size);
        const numbers = Float64Array.from({ length: 128 }, (_, bit) => bit);
        expect(sumSlots(own, numbers)).to.equal([...expected].reduce((sum, bit) => sum + bit, 0));
        expect([words[0], words[WORDS + 1]]).to.deep.equal([0, 0]);
      }),
    );
  });

  it('takes those of another', () => {
    const words = Int32Array.of(1, 0);
    addBits(words, Int32Array.of(6, -(2 ** 31)));
    expect(bitsOf(words)).to.deep.equal([0, 1, 2, 63]);
  });
});

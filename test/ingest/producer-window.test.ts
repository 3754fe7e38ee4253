import { expect } from 'chai';
import fc from 'fast-check';
import { ProducerWindow } from '../../agent/ingest/producer-window.ts';

const ANSWER = { accepted: 3, rejected: 1 };

function windowOf(...sequences: readonly number[]): ProducerWindow {
  const window = new ProducerWindow();
  for (const sequence of sequences) window.add(sequence, ANSWER);
  return window;
}

describe('producer window', () => {
  const cases: readonly (readonly [string, readonly number[], number, boolean])[] = [
    ['a new sequence', [1, 2], 3, false],
    ['one that was counted', [1, 2], 1, true],
    ['one that was left out', [1, 3], 2, false],
    ['one that was left out, at the far end of the window', [1024 + 5], 6, false],
    ['one older than the window', [1024 + 5], 5, true],
    ['one left out before a jump over the window', [1, 5000], 4999, false],
    ['one counted before a jump over part of the window', [1, 900], 1, true],
    ['the one that shares its bit with a counted one', [1, 1025], 2, false],
    ['a very large one', [2 ** 40], 2 ** 40, true],
  ];
  for (const [title, counted, asked, expected] of cases) {
    it(`${expected ? 'knows' : 'does not know'} ${title}`, () => {
      expect(windowOf(...counted).has(asked)).to.equal(expected);
    });
  }

  it('remembers the answers of the last 64', () => {
    const window = windowOf(...Array.from({ length: 100 }, (_, i) => i + 1));
    expect(window.answer(100)).to.deep.equal(ANSWER);
    expect(window.answer(37)).to.deep.equal(ANSWER);
    expect(window.answer(36)).to.equal(undefined);
  });

  it('does not give up a newer answer for an older one that came late', () => {
    const window = windowOf(200, 136);
    expect(window.answer(200)).to.deep.equal(ANSWER);
    expect(window.answer(136)).to.equal(undefined);
  });

  it('is the same after encoding and decoding', () => {
    const window = windowOf(1, 2, 70, 900);
    const decoded = ProducerWindow.decode(window.encode());
    expect(decoded?.encode()).to.deep.equal(window.encode());
    expect(ProducerWindow.decode(new Uint8Array(3))).to.equal(undefined);
  });

  it('counts each sequence at most once, and each within the window exactly once', () => {
    const sequences = fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 20 })), {
      maxLength: 300,
    });
    const property = fc.property(sequences, (all) => {
      const window = new ProducerWindow();
      const counted = new Set<number>();
      let highest = 0;
      for (const sequence of all) {
        const expected = counted.has(sequence) || sequence <= highest - 1024;
        expect(window.has(sequence)).to.equal(expected);
        if (!expected) window.add(sequence, ANSWER);
        counted.add(sequence);
        highest = Math.max(highest, sequence);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});

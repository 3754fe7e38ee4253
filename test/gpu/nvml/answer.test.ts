import { expect } from 'chai';
import { Answer, type WordKind } from '../../../agent/gpu/nvml/answer.ts';

const DEAD = 0xdeadbeef;

describe('an answer of the driver', () => {
  const WORDS: readonly [kind: WordKind, low: number, high: number, value: number | undefined][] = [
    ['u32', 7, DEAD, 7],
    ['u32', 0x8000_0000, DEAD, 2_147_483_648],
    ['u32', 0xffff_ffff, DEAD, undefined],
    ['i32', 0xffff_fff8, DEAD, -8],
    ['u64', 0, 1, 4_294_967_296],
    ['u64', 0xffff_ffff, 0, 4_294_967_295],
    ['u64', 0xffff_ffff, 0xffff_ffff, undefined],
  ];
  for (const [kind, low, high, value] of WORDS) {
    it(`reads ${low}, ${high} as ${kind}: ${value}`, () => {
      expect(filled(low, high).read(kind, 8)).to.equal(value);
    });
  }

  const VALUES: readonly [type: number, words: [number, number], value: number | undefined][] = [
    [0, [0, 0x4045_0000], 42],
    [1, [131_132, DEAD], 131_132],
    [2, [5, 1], 4_294_967_301],
    [3, [2_533_347, 0], 2_533_347],
    [3, [0xffff_ffff, 0xffff_ffff], undefined],
    [4, [0xffff_fffe, 0xffff_ffff], -2],
    [5, [0xffff_fffe, DEAD], -2],
    [6, [0x0001_0002, DEAD], 2],
    [7, [1, 0], undefined],
    [4242, [1, 0], undefined],
  ];
  for (const [type, [low, high], value] of VALUES) {
    it(`reads ${low}, ${high} of value type ${type}: ${value}`, () => {
      expect(filled(low, high).value(type, 8)).to.equal(value);
    });
  }

  const TEXTS: readonly [bytes: number[], text: string | undefined][] = [
    [[0x48, 0x31, 0], 'H1'],
    [[0x20, 0x48, 0x20, 0, 0x31], 'H'],
    [[0], undefined],
    [[0x48, 0xff, 0], undefined],
    [[0x48, 0x07, 0], undefined],
    [new Array(16).fill(0x48), undefined],
  ];
  for (const [bytes, text] of TEXTS) {
    it(`reads the bytes ${bytes} as the text ${text}`, () => {
      const answer = new Answer(16);
      answer.bytes.set(bytes);
      expect(answer.text(16)).to.equal(text);
    });
  }

  it('writes 64 bits as it reads them', () => {
    const answer = new Answer(16);
    answer.setU64(8, 0x7fff_1234_5678);
    expect(answer.u64(8)).to.equal(0x7fff_1234_5678);
  });
});

function filled(low: number, high: number): Answer {
  const answer = new Answer(16);
  answer.words.set([DEAD, DEAD, low, high]);
  return answer;
}

import { expect } from 'chai';
import fc from 'fast-check';
import { operatorName } from '../../agent/core/operator-name.ts';

const KERNEL = `void at::native::vectorized_elementwise_kernel<4, ${'at::native::Functor<float>, '.repeat(80)}`;

describe('operator name', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['keeps a short one', 'aten::addmm', 'aten::addmm'],
    ['makes it one line', ' Conv_0\n+\tRelu_1\u0000 ', 'Conv_0 + Relu_1'],
    ['mends what is no text', 'a\ud800b', 'a?b'],
    ['leaves nothing of nothing', ' \n', ''],
  ];
  for (const [title, text, expected] of cases) it(title, () => expect(operatorName(text)).to.equal(expected));

  it('keeps the function of a long kernel recognisable, and kernels apart that begin alike', () => {
    const [one, other] = [operatorName(`${KERNEL}>(int)`), operatorName(`${KERNEL}>(long)`)];
    expect(one).to.match(/^void at::native::vectorized_elementwise_kernel<4, .*…[0-9a-f]{8}$/);
    expect(one).to.have.length(160);
    expect(other).not.to.equal(one);
  });

  it('is bounded, sound text, and stays as it is when it is cleaned again', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
    );
    fc.assert(
      fc.property(text, (raw) => {
        const name = operatorName(raw, 64);
        expect(name.length).to.be.at.most(64);
        expect(Buffer.from(name).toString()).to.equal(name);
        expect(operatorName(name, 64)).to.equal(name);
      }),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { mergeOperators, rankOperators } from '../../agent/core/operator-totals.ts';

const operator = (name: string, selfNs: number, device = 'cpu') => ({
  name,
  device,
  calls: 1,
  totalNs: selfNs,
  selfNs,
});

describe('operator totals', () => {
  it('rank those that took most, and sum up the rest with what was summed up before', () => {
    const ranked = rankOperators(
      [operator('a', 1), operator('__other__', 9), operator('b', 3), operator('c', 2)],
      2,
    );
    expect(ranked).to.deep.equal([
      {
        device: 'cpu',
        selfNs: 15,
        top: [operator('b', 3), operator('c', 2)],
        others: { operators: 2, calls: 2, selfNs: 10 },
      },
    ]);
  });

  it('lose nothing, however many have a place', () => {
    const operators = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', '__other__'), fc.nat(100), fc.constantFrom('cpu', 'cuda')),
    );
    fc.assert(
      fc.property(operators, fc.integer({ min: 1, max: 4 }), (rows, count) => {
        const merged = mergeOperators(rows.map(([name, selfNs, device]) => operator(name, selfNs, device)));
        const rankings = rankOperators(merged, count);
        const calls = rankings.reduce(
          (sum, { top, others }) => sum + others.calls + top.reduce((own, one) => own + one.calls, 0),
          0,
        );
        expect(calls).to.equal(rows.length);
        expect(rankings.reduce((sum, { selfNs }) => sum + selfNs, 0)).to.equal(
          rows.reduce((sum, row) => sum + row[1], 0),
        );
        for (const { top } of rankings) {
          expect(top.length).to.be.at.most(count);
          expect(top.map(({ name }) => name)).not.to.include('__other__');
        }
      }),
    );
  });
});

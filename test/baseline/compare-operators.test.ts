import { expect } from 'chai';
import fc from 'fast-check';
import { compareOperators } from '../../agent/baseline/compare-operators.ts';
import type { OperatorProfile } from '../../agent/baseline/recording.ts';

type Row = readonly [name: string, selfNs: number, device?: string];

function profileOf(rows: readonly Row[], more: Partial<OperatorProfile> = {}): OperatorProfile {
  const operators = rows.map(([name, selfNs, device = 'cuda']) => ({
    name,
    device,
    calls: 10,
    totalNs: selfNs,
    selfNs,
  }));
  return { profiler: 'tensorrt', iterations: 10, operators, ...more };
}

/** name, own time a run on both sides, ratio. */
function rowsOf(baseline: OperatorProfile, candidate: OperatorProfile) {
  return compareOperators(baseline, candidate).operators.map(({ name, baseline, candidate, ratio }) => [
    name,
    baseline?.selfNs,
    candidate?.selfNs,
    ratio,
  ]);
}

describe('operators of two profiles', () => {
  it('are compared by one run of the model, whatever the number of runs', () => {
    const rows = rowsOf(profileOf([['conv', 1000]]), profileOf([['conv', 1000]], { iterations: 20 }));
    expect(rows).to.deep.equal([['conv', 100, 50, 0.5]]);
  });

  it('stand alone where the other side has none, those that take most first', () => {
    const fp32 = profileOf(
      [
        ['aten::addmm', 1000],
        ['aten::relu', 100],
      ],
      { profiler: 'torch' },
    );
    const int8 = profileOf(
      [
        ['quantized::linear', 500],
        ['aten::relu', 80],
      ],
      { profiler: 'torch' },
    );
    expect(rowsOf(fp32, int8)).to.deep.equal([
      ['aten::addmm', 100, undefined, undefined],
      ['quantized::linear', undefined, 50, undefined],
      ['aten::relu', 10, 8, 0.8],
    ]);
  });

  it('are told apart by device', () => {
    const profile = profileOf([
      ['copy', 100, 'cpu'],
      ['copy', 300, 'cuda'],
    ]);
    expect(rowsOf(profile, profile)).to.deep.equal([
      ['copy', 30, 30, 1],
      ['copy', 10, 10, 1],
    ]);
  });

  const fusions: readonly (readonly [string, readonly Row[], readonly Row[], readonly unknown[][]])[] = [
    [
      'a layer that one engine fuses',
      [
        ['conv1', 600],
        ['relu1', 400],
      ],
      [['conv1 + relu1', 500]],
      [['conv1 + relu1', 100, 50, 0.5]],
    ],
    [
      'layers that both fuse, but otherwise',
      [
        ['a + b', 100],
        ['c', 100],
      ],
      [
        ['a', 100],
        ['b + c', 100],
      ],
      [['a + b', 20, 20, 1]],
    ],
    [
      'pointwise layers',
      [['PWN(sig, mul)', 100]],
      [
        ['sig', 50],
        ['mul', 50],
      ],
      [['PWN(sig, mul)', 10, 10, 1]],
    ],
    [
      'copies between layouts, which stay apart',
      [['conv1', 100]],
      [
        ['conv1', 50],
        ['Reformatting CopyNode for Input Tensor 0 to conv1', 20],
      ],
      [
        ['conv1', 10, 5, 0.5],
        ['Reformatting CopyNode for Input Tensor 0 to conv1', undefined, 2, undefined],
      ],
    ],
  ];
  for (const [title, baseline, candidate, expected] of fusions) {
    it(`of TensorRT: ${title}`, () =>
      expect(rowsOf(profileOf(baseline), profileOf(candidate))).to.deep.equal(expected));
  }

  it('have shares of their device, and the device as a whole', () => {
    const { devices, operators } = compareOperators(
      profileOf([
        ['a', 300],
        ['b', 100],
        ['c', 50, 'cpu'],
      ]),
      profileOf([
        ['a', 100],
        ['b', 100],
      ]),
    );
    const shares = operators.map(({ name, baseline, candidate }) => [
      name,
      baseline?.shareRatio,
      candidate?.shareRatio,
    ]);
    expect(shares).to.deep.equal([
      ['a', 0.75, 0.5],
      ['b', 0.25, 0.5],
      ['c', 1, undefined],
    ]);
    expect(devices.map(({ device, ratio }) => [device, ratio])).to.deep.equal([
      ['cuda', 0.5],
      ['cpu', undefined],
    ]);
  });

  it('have no ratio where the runs of a side are not known', () => {
    const unknown = profileOf([['conv', 1000]], { iterations: 0 });
    expect(compareOperators(unknown, profileOf([['conv', 500]])).perRun).to.equal(false);
    expect(rowsOf(unknown, profileOf([['conv', 500]]))).to.deep.equal([['conv', 1000, 500, undefined]]);
  });

  it('lose no time, however they are fused', () => {
    const name = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 3 });
    const rows = fc.array(fc.tuple(name, fc.nat(1000)), { maxLength: 8 });
    const asRows = (side: readonly (readonly [readonly string[], number])[]): Row[] =>
      side.map(([parts, selfNs]) => [parts.join(' + '), selfNs * 10]);
    fc.assert(
      fc.property(rows, rows, (baseline, candidate) => {
        const { operators } = compareOperators(profileOf(asRows(baseline)), profileOf(asRows(candidate)));
        for (const [side, given] of [
          ['baseline', baseline],
          ['candidate', candidate],
        ] as const) {
          const sum = operators.reduce((ns, one) => ns + (one[side]?.selfNs ?? 0), 0);
          const count = operators.reduce((all, one) => all + (one[side]?.operators ?? 0), 0);
          expect([sum, count]).to.deep.equal([
            given.reduce((ns, [, selfNs]) => ns + selfNs, 0),
            given.length,
          ]);
        }
        const parts = operators.flatMap(({ name }) => [...new Set(name.split(' + '))]);
        expect(parts).to.deep.equal([...new Set(parts)]);
      }),
    );
  });
});

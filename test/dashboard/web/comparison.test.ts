import { expect } from 'chai';
import { caveatsOf } from '../../../agent/dashboard/web/caveats.ts';
import {
  type ComparedVariant,
  compareVariants,
  headlineOf,
} from '../../../agent/dashboard/web/comparison.ts';
import { createRow } from './sample-rows.ts';

function createVariant(
  variant: string,
  fields: Readonly<Record<string, number>>,
  phases: Readonly<Record<string, number>> = {},
  time = 1000,
): ComparedVariant {
  const rows = Object.entries(phases).map(
    ([phase, seconds]) => [phase, createRow(time, { variant, phase }, { seconds_mean: seconds })] as const,
  );
  return {
    key: variant,
    label: variant,
    requests: createRow(time, { variant }, fields),
    phases: new Map(rows),
  };
}

const FP32 = createVariant(
  'fp32',
  {
    requests: 600,
    request_rate: 10,
    latency_p50_seconds: 0.02,
    latency_p95_seconds: 0.04,
    error_ratio: 0.01,
  },
  { queue: 0.002, inference: 0.016 },
);
const INT8 = createVariant(
  'int8',
  {
    requests: 620,
    request_rate: 10.5,
    latency_p50_seconds: 0.0201,
    latency_p95_seconds: 0.02,
    error_ratio: 0.031,
  },
  { inference: 0.04 },
);

describe('compareVariants', () => {
  const groups = compareVariants([FP32, INT8], 0, ['queue', 'inference']);
  const rows = new Map(groups.flatMap((group) => group.rows).map((row) => [row.label, row.cells]));

  const cases: [label: string, reference: string, other: string, change: object | undefined][] = [
    ['p95', '40.0 ms', '20.0 ms', { text: '−50 %', tone: 'better' }],
    ['p50', '20.0 ms', '20.1 ms', { text: '±0 %', tone: 'same' }],
    ['p99', '–', '–', undefined],
    ['requests', '600', '620', undefined],
    ['rate', '10 /s', '10.5 /s', { text: '+5 %', tone: 'neutral' }],
    ['errors', '1.0 %', '3.1 %', { text: '+2.1 pp', tone: 'worse' }],
    ['inference', '16.0 ms', '40.0 ms', { text: '×2.5', tone: 'worse' }],
    ['queue', '2.00 ms', '–', undefined],
  ];
  for (const [label, reference, other, change] of cases) {
    it(`compares ${label}`, () => {
      const second = change === undefined ? { text: other } : { text: other, change };
      expect(rows.get(label)).to.deep.equal([
        { text: reference === '10.0 /s' ? '10 /s' : reference },
        second,
      ]);
    });
  }

  it('leaves out figures that nobody has and nobody misses', () => {
    expect([...rows.keys()]).not.to.include('output tokens');
  });

  it('compares with the chosen reference', () => {
    const [latency] = compareVariants([FP32, INT8], 1, []);
    expect(latency.rows[1].cells[0].change).to.deep.equal({ text: '×2.0', tone: 'worse' });
    expect(latency.rows[1].cells[1].change).to.equal(undefined);
  });
});

describe('headlineOf', () => {
  it('tells the change of p95', () => {
    expect(headlineOf(INT8, FP32)).to.deep.equal({ text: '−50 %', tone: 'better', of: 'p95' });
  });

  it('shows the figure itself of the reference', () => {
    expect(headlineOf(FP32, FP32)).to.deep.equal({ text: '40.0 ms', tone: 'neutral', of: 'p95' });
  });

  it('makes do with the median, and with nothing', () => {
    const few = createVariant('int8', { requests: 3, latency_p50_seconds: 0.01 });
    expect(headlineOf(few, FP32)).to.deep.equal({ text: '−50 %', tone: 'better', of: 'p50' });
    expect(headlineOf(createVariant('int8', { requests: 3 }), FP32)).to.equal(undefined);
  });
});

describe('caveatsOf', () => {
  const context = { reference: FP32, newestMs: 1000, hopMs: 10 };
  const cases: [what: string, variant: ComparedVariant, expected: string[]][] = [
    ['a variant that is like the reference', INT8, []],
    ['another load', createVariant('a', { requests: 600, request_rate: 12.1 }), ['load differs']],
    ['few requests', createVariant('a', { requests: 60, request_rate: 10 }), ['few requests']],
    [
      'a window watched in part',
      createVariant('a', { requests: 600, request_rate: 10, coverage_ratio: 0.62 }),
      ['62 % watched'],
    ],
    ['silence', createVariant('a', { requests: 600, request_rate: 10 }, {}, -89_000), ['idle 2 min']],
  ];
  for (const [what, variant, expected] of cases) {
    it(`warns of ${what}: ${expected.join() || 'nothing'}`, () => {
      expect(caveatsOf(variant, context).map(({ text }) => text)).to.deep.equal(expected);
    });
  }
});

import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Interval, IntervalRuns } from '../../agent/import/interval-runs.ts';
import { OperatorTable } from '../../agent/import/operator-table.ts';
import { addSelfTimes } from '../../agent/import/self-times.ts';
import { TraceFiles } from './trace-files.ts';

type Row = readonly [operator: number, thread: number, startNs: number, durationNs: number];

describe('self times', () => {
  const files = new TraceFiles();
  after(() => files.remove());

  /** Own time by operator. */
  function selfTimes(rows: readonly Row[], capacity = 1000): number[] {
    const table = new OperatorTable();
    const ids = [0, 1, 2, 3].map((operator) => table.id(`op${operator}`, 'cpu'));
    const intervals = new IntervalRuns(capacity, files.folder);
    for (const [operator, thread, startNs, durationNs] of rows) {
      intervals.add({ operator: ids[operator], thread, startNs, durationNs });
    }
    addSelfTimes(intervals, table);
    intervals.close();
    const totals = new Map(table.totals().map(({ name, selfNs }) => [name, selfNs]));
    return ids.map((id) => totals.get(`op${id}`) ?? 0);
  }

  const cases: readonly (readonly [string, readonly Row[], readonly number[]])[] = [
    ['of one alone', [[0, 0, 5, 10]], [10, 0, 0, 0]],
    [
      'less what lies within',
      [
        [0, 0, 0, 10],
        [1, 0, 2, 3],
        [2, 0, 6, 4],
      ],
      [3, 3, 4, 0],
    ],
    [
      'level by level',
      [
        [0, 0, 0, 10],
        [1, 0, 1, 8],
        [2, 0, 2, 5],
      ],
      [2, 3, 5, 0],
    ],
    [
      'whatever their order',
      [
        [2, 0, 2, 5],
        [0, 0, 0, 10],
        [1, 0, 1, 8],
      ],
      [2, 3, 5, 0],
    ],
    [
      'by thread',
      [
        [0, 0, 0, 10],
        [1, 1, 2, 3],
      ],
      [10, 3, 0, 0],
    ],
    [
      'of an operator within itself',
      [
        [0, 0, 0, 10],
        [0, 0, 2, 3],
      ],
      [10, 0, 0, 0],
    ],
    [
      'one after another',
      [
        [0, 0, 0, 10],
        [1, 0, 10, 5],
      ],
      [10, 5, 0, 0],
    ],
    [
      'that begin together, the longer calls',
      [
        [1, 0, 0, 4],
        [0, 0, 0, 10],
      ],
      [6, 4, 0, 0],
    ],
    [
      'where one reaches beyond its caller',
      [
        [0, 0, 0, 10],
        [1, 0, 8, 5],
        [2, 0, 11, 1],
      ],
      [8, 4, 1, 0],
    ],
    [
      'of nothing',
      [
        [0, 0, 0, 10],
        [1, 0, 4, 0],
      ],
      [10, 0, 0, 0],
    ],
  ];
  for (const [title, rows, expected] of cases)
    it(title, () => expect(selfTimes(rows)).to.deep.equal(expected));

  it('count an operator once that calls itself and nothing else', () => {
    const table = new OperatorTable();
    const operator = table.id('op', 'cpu');
    const other = table.id('other', 'cpu');
    const intervals = new IntervalRuns(100, files.folder);
    const rows: readonly Row[] = [
      [operator, 0, 0, 10],
      [operator, 0, 1, 8],
      [operator, 0, 2, 3],
      [other, 0, 6, 1],
      [operator, 1, 0, 10],
      [operator, 1, 1, 2],
    ];
    for (const [id, thread, startNs, durationNs] of rows) {
      intervals.add({ operator: id, thread, startNs, durationNs });
    }
    addSelfTimes(intervals, table);
    expect(table.totals()[0]).to.include({ calls: 3, totalNs: 23, selfNs: 19 });
  });

  const row = fc.tuple(fc.nat(3), fc.nat(2), fc.nat(40), fc.nat(12));

  it('are the same however little fits into memory', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (rows, capacity) => {
        expect(selfTimes(rows, capacity)).to.deep.equal(selfTimes(rows));
      }),
    );
  });

  it('come in the order of thread, start and length, from memory and from disk', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (rows, capacity) => {
        const intervals = new IntervalRuns(capacity, files.folder);
        const added = rows.map(([operator, thread, startNs, durationNs]) => ({
          operator,
          thread,
          startNs,
          durationNs,
        }));
        for (const interval of added) intervals.add(interval);
        expect([...intervals.sorted()]).to.deep.equal(added.sort(inOrder));
        intervals.close();
      }),
    );
  });

  it('survive runs longer than a block', () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, index): Row => [index % 4, 0, (index * 7919) % 20_000, 1],
    );
    expect(selfTimes(rows, 9000)).to.deep.equal([5000, 5000, 5000, 5000]);
  });

  it('leave no file behind', () => expect(readdirSync(files.folder)).to.deep.equal([]));
});

/** Stable: alike ones stay as they were added. */
function inOrder(a: Interval, b: Interval): number {
  return a.thread - b.thread || a.startNs - b.startNs || b.durationNs - a.durationNs;
}

import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { OperatorTotals } from '../../agent/core/operator-totals.ts';
import { IntervalRuns } from '../../agent/import/interval-runs.ts';
import { OperatorTable } from '../../agent/import/operator-table.ts';
import { addSelfTimes } from '../../agent/import/self-times.ts';
import type { Interval } from '../../agent/import/sorted-runs.ts';
import { TraceFiles } from './trace-files.ts';

type Row = readonly [operator: number, thread: number, startNs: number, durationNs: number];

describe('self times', () => {
  const files = new TraceFiles();
  after(() => files.remove());

  /** By name: op0 to op3. */
  async function totalsOf(
    rows: readonly Row[],
    capacity: number,
  ): Promise<ReadonlyMap<string, OperatorTotals>> {
    const table = new OperatorTable();
    const ids = [0, 1, 2, 3].map((operator) => table.id(`op${operator}`, 'cpu'));
    const intervals = new IntervalRuns(capacity, files.folder);
    for (const [operator, thread, startNs, durationNs] of rows) {
      intervals.add({ operator: ids[operator], thread, startNs, durationNs });
    }
    await addSelfTimes(intervals, table, async () => {});
    intervals.close();
    return new Map(table.totals().map((totals) => [totals.name, totals]));
  }

  /** Own time by operator. */
  async function selfTimes(rows: readonly Row[], capacity = 1000): Promise<number[]> {
    const totals = await totalsOf(rows, capacity);
    return [0, 1, 2, 3].map((operator) => totals.get(`op${operator}`)?.selfNs ?? 0);
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
    it(title, async () => expect(await selfTimes(rows)).to.deep.equal(expected));

  it('count an operator once that calls itself and nothing else', async () => {
    const rows: readonly Row[] = [
      [0, 0, 0, 10],
      [0, 0, 1, 8],
      [0, 0, 2, 3],
      [1, 0, 6, 1],
      [0, 1, 0, 10],
      [0, 1, 1, 2],
    ];
    const totals = await totalsOf(rows, 100);
    expect(totals.get('op0')).to.include({ calls: 3, totalNs: 23, selfNs: 19 });
  });

  const row = fc.tuple(fc.nat(3), fc.nat(2), fc.nat(40), fc.nat(12));

  it('are the same however little fits into memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        async (rows, capacity) => {
          expect(await selfTimes(rows, capacity)).to.deep.equal(await selfTimes(rows));
        },
      ),
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

  it('survive runs longer than a block', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, index): Row => [index % 4, 0, (index * 7919) % 20_000, 1],
    );
    expect(await selfTimes(rows, 9000)).to.deep.equal([5000, 5000, 5000, 5000]);
  });

  it('leave no file behind', () => expect(readdirSync(files.folder)).to.deep.equal([]));
});

/** Stable: alike ones stay as they were added. */
function inOrder(a: Interval, b: Interval): number {
  return a.thread - b.thread || a.startNs - b.startNs || b.durationNs - a.durationNs;
}

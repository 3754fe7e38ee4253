import { expect } from 'chai';
import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { OVERFLOW_SERIES } from '../../agent/core/span-sink.ts';
import { SeriesTable } from '../../agent/window/series-table.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 1_800_000_000_000;

function tags(model: string, labels: Record<string, string> = {}): SeriesTags {
  return { model, variant: 'v', version: '', operation: '', server: '', labels };
}

function create(maxSeries = 3, maxNewPerDay = 100): SeriesTable {
  return new SeriesTable({ maxSeries, maxNewPerDay });
}

describe('SeriesTable', () => {
  it('gives equal tags the same id, others another', () => {
    const table = create();
    const first = table.open(tags('a'), NOW_MS);
    expect(table.open({ ...tags('a') }, NOW_MS)).to.equal(first);
    expect(table.open(tags('a', { tenant: 'x' }), NOW_MS)).to.not.equal(first);
    expect(table.open({ ...tags('a'), version: '2' }, NOW_MS)).to.not.equal(first);
    expect(table.count).to.equal(3);
  });

  it('sends what is beyond the bound to the overflow series, and keeps those that are open', () => {
    const table = create(2);
    const ids = ['a', 'b', 'c', 'd', 'a'].map((model) => table.open(tags(model), NOW_MS));
    expect(ids).to.deep.equal([1, 2, OVERFLOW_SERIES, OVERFLOW_SERIES, 1]);
    expect(table.get(OVERFLOW_SERIES)?.tags.model).to.equal('__overflow__');
  });

  it('opens no more than the bound of a day, and again on the next', () => {
    const table = create(10, 2);
    const open = (model: string, nowMs: number): number => table.open(tags(model), nowMs);
    expect([open('a', NOW_MS), open('b', NOW_MS), open('c', NOW_MS + DAY_MS - 1)]).to.deep.equal([1, 2, 0]);
    expect(open('c', NOW_MS + DAY_MS)).to.equal(3);
  });

  it('is not locked by a day in a future that a wrong clock saw', () => {
    const table = create(10, 1);
    table.open(tags('a'), NOW_MS + 400 * DAY_MS);
    expect(table.open(tags('b'), NOW_MS)).to.equal(2);
  });

  it('gives a freed id away again and says that ids are void', () => {
    const table = create();
    const id = table.open(tags('a'), NOW_MS);
    const { generation } = table;
    table.free(id);
    expect(table.generation).to.not.equal(generation);
    expect(table.get(id)).to.equal(undefined);
    expect(table.open(tags('b'), NOW_MS)).to.equal(id);
  });

  const restores: readonly [string, number, string, boolean][] = [
    ['under its old id', 2, 'x', true],
    ['not under the id of the overflow', 0, 'x', false],
    ['not beyond the bound', 4, 'x', false],
    ['not under an id that is taken', 1, 'x', false],
    ['not twice', 3, 'a', false],
  ];
  for (const [name, id, model, taken] of restores) {
    it(`restores a series ${name}`, () => {
      const table = create();
      table.open(tags('a'), NOW_MS);
      expect(table.restore(id, tags(model), NOW_MS)).to.equal(taken);
      expect(table.get(id)?.tags.model === model).to.equal(taken);
    });
  }

  it('fills the gaps that restored ids leave', () => {
    const table = create();
    table.restore(3, tags('c'), NOW_MS);
    const ids = ['a', 'b', 'd'].map((model) => table.open(tags(model), NOW_MS)).sort();
    expect(ids).to.deep.equal([OVERFLOW_SERIES, 1, 2]);
  });
});

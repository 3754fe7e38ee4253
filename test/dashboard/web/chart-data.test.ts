import { expect } from 'chai';
import { alignSeries, partlyWatched, stackSeries } from '../../../agent/dashboard/web/chart-data.ts';
import { createRow } from './sample-rows.ts';

const row = (time: number, value: number) => createRow(time, {}, { value });

describe('alignSeries', () => {
  it('puts series on one axis, and breaks a line where rows are missing', () => {
    const series = [[row(1000, 1), row(2000, 2), row(9000, 3)], [row(2000, 5)]];
    expect(alignSeries(series, 'value', 1000)).to.deep.equal({
      times: [1, 2, 2.001, 9],
      values: [
        [1, 2, null, 3],
        [undefined, 5, undefined, undefined],
      ],
    });
  });

  it('breaks a line where the field is unknown', () => {
    expect(alignSeries([[row(1000, 1)]], 'other', 1000).values).to.deep.equal([[null]]);
  });
});

describe('stackSeries', () => {
  it('sums up, and breaks where nothing is known', () => {
    const values = [
      [1, null, 3],
      [10, null, undefined],
    ];
    expect(stackSeries({ times: [1, 2, 3], values }).values).to.deep.equal([
      [1, null, 3],
      [11, null, 3],
    ]);
  });
});

describe('partlyWatched', () => {
  it('joins windows next to each other', () => {
    const coverages = [0.2, 0.6, 1, 1, 0.9];
    const rows = coverages.map((coverage, index) =>
      createRow(index * 1000, {}, { coverage_ratio: coverage }),
    );
    expect(partlyWatched([rows], 1000)).to.deep.equal([
      { from: -1, to: 1 },
      { from: 3, to: 4 },
    ]);
  });
});

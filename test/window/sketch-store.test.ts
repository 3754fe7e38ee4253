import { expect } from 'chai';
import fc from 'fast-check';
import { BIN_COUNT } from '../../agent/core/duration-bins.ts';
import { BinList } from '../../agent/window/bin-list.ts';
import { SketchStore } from '../../agent/window/sketch-store.ts';

type Bins = ReadonlyMap<number, number>;
const OTHER_ROW = 70;

function addAll(store: SketchStore, row: number, bins: Bins, sign: 1 | -1): void {
  for (const [bin, count] of bins) store.add(row, bin, sign * count);
}

/** A store with these bins in a row of their own. */
function storeOf(bins: Bins): SketchStore {
  const store = new SketchStore();
  addAll(store, OTHER_ROW, bins, 1);
  return store;
}

function contents(store: SketchStore, row: number): Record<number, number> {
  const found: Record<number, number> = {};
  const list = new BinList();
  store.list(row, list);
  for (let i = 0, last = -1; i < list.length; last = list.bins[i++]) {
    if (list.bins[i] <= last) throw new Error(`bin ${list.bins[i]} comes after ${last}`);
    found[list.bins[i]] = list.countAt(i);
  }
  return found;
}

/** What a store is, without pages. */
class NaiveStore {
  rows = new Map<number, Map<number, number>>();

  add(row: number, bin: number, count: number): void {
    const bins = this.rows.get(row) ?? new Map<number, number>();
    bins.set(bin, (bins.get(bin) ?? 0) + count);
    this.rows.set(row, bins);
  }

  contents(row: number): Record<number, number> {
    return Object.fromEntries([...(this.rows.get(row) ?? [])].filter(([, count]) => count !== 0));
  }
}

const rows = fc.integer({ min: 0, max: 150 });
const binIndex = fc.oneof(fc.integer({ min: 0, max: BIN_COUNT - 1 }), fc.integer({ min: 1500, max: 1700 }));
const bins = fc
  .array(fc.tuple(binIndex, fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 65_000, max: 3e9 }))))
  .map((entries): Bins => new Map(entries));
const step = fc.oneof(
  fc.record({ kind: fc.constant('increment' as const), row: rows, bin: binIndex }),
  fc.record({ kind: fc.constant('merge' as const), row: rows, bins }),
  fc.record({ kind: fc.constant('takeAway' as const), row: rows }),
  fc.record({ kind: fc.constant('clear' as const), row: rows }),
  fc.record({ kind: fc.constant('copy' as const) }),
  fc.record({ kind: fc.constant('reset' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function apply(store: SketchStore, naive: NaiveStore, action: Step): SketchStore {
  switch (action.kind) {
    case 'increment':
      store.increment(action.row, action.bin);
      naive.add(action.row, action.bin, 1);
      return store;
    case 'merge':
      if (action.bins.size % 2 === 0) addAll(store, action.row, action.bins, 1);
      else store.addRow(action.row, storeOf(action.bins), OTHER_ROW, 1);
      for (const [bin, count] of action.bins) naive.add(action.row, bin, count);
      return store;
    case 'takeAway': {
      const half = new Map(
        Object.entries(naive.contents(action.row))
          .filter((_, i) => i % 2 === 0)
          .map(([bin, count]) => [Number(bin), count]),
      );
      if (half.size % 2 === 0) addAll(store, action.row, half, -1);
      else store.addRow(action.row, storeOf(half), OTHER_ROW, -1);
      for (const [bin, count] of half) naive.add(action.row, bin, -count);
      return store;
    }
    case 'clear':
      store.clearRow(action.row);
      naive.rows.delete(action.row);
      return store;
    case 'copy': {
      const copy = new SketchStore();
      copy.increment(3, 5);
      copy.reset();
      copy.copyFrom(store);
      store.increment(action.kind.length, 77);
      return copy;
    }
    case 'reset':
      store.reset();
      naive.rows.clear();
      return store;
  }
}

describe('SketchStore', () => {
  it('holds what a map would hold, after any steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let store = new SketchStore();
        const naive = new NaiveStore();
        for (const action of steps) store = apply(store, naive, action);
        for (let row = 0; row <= 151; row++) expect(contents(store, row)).to.deep.equal(naive.contents(row));
      }),
      { numRuns: 200 },
    );
  });

  it('counts beyond 65,535 in one bin', () => {
    const store = new SketchStore();
    for (let i = 0; i < 200_000; i++) store.increment(2, 1234);
    expect(contents(store, 2)).to.deep.equal({ 1234: 200_000 });
    store.addRow(2, storeOf(new Map([[1234, 199_999]])), OTHER_ROW, -1);
    expect(contents(store, 2)).to.deep.equal({ 1234: 1 });
    store.addRow(2, storeOf(new Map([[1234, 1]])), OTHER_ROW, -1);
    expect(contents(store, 2)).to.deep.equal({});
  });

  it('reads the same rows while the directory moves and is compacted', () => {
    const store = new SketchStore();
    const naive = new NaiveStore();
    for (let round = 0; round < 40; round++) {
      for (let row = 0; row < 300; row++) {
        const bin = (((row * 7 + round * 13) % 106) * 32 + round) % BIN_COUNT;
        store.increment(row, bin);
        naive.add(row, bin, 1);
      }
    }
    for (let row = 0; row < 300; row++) expect(contents(store, row)).to.deep.equal(naive.contents(row));
  });

  it('takes pages of cleared rows again', () => {
    const store = new SketchStore();
    for (let round = 0; round < 50; round++) {
      store.increment(1, round * 32);
      store.clearRow(1);
    }
    store.increment(2, 64);
    expect([contents(store, 1), contents(store, 2)]).to.deep.equal([{}, { 64: 1 }]);
  });

  it('adds and takes away rows of other stores, carries too', () => {
    const store = new SketchStore();
    addAll(store, 7, new Map([[40, 70_001]]), 1);
    const other = storeOf(
      new Map([
        [40, 70_000],
        [3000, 2],
      ]),
    );
    store.addRow(7, other, OTHER_ROW, 1);
    expect(contents(store, 7)).to.deep.equal({ 40: 140_001, 3000: 2 });
    store.addRow(7, other, OTHER_ROW, -1);
    expect(contents(store, 7)).to.deep.equal({ 40: 70_001 });
  });

  it('keeps a bin that holds exactly 65,536', () => {
    const store = storeOf(new Map([[40, 65_537]]));
    store.add(OTHER_ROW, 40, -1);
    const other = new SketchStore();
    other.addRow(1, store, OTHER_ROW, 1);
    expect([contents(store, OTHER_ROW), contents(other, 1)]).to.deep.equal([{ 40: 65_536 }, { 40: 65_536 }]);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { BIN_COUNT } from '../../agent/core/duration-bins.ts';
import { BinList } from '../../agent/window/bin-list.ts';
import { SketchStore } from '../../agent/window/sketch-store.ts';
import { SparseReader, SparseWriter } from '../../agent/window/sparse-bins.ts';

const integer = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constant(Number.MAX_SAFE_INTEGER));

describe('sparse numbers and bins', () => {
  it('come back as they were written, whatever their order', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('varint' as const), value: integer }),
      fc.record({ kind: fc.constant('float64' as const), value: fc.double({ noNaN: true }) }),
      fc.record({
        kind: fc.constant('bins' as const),
        value: fc.uniqueArray(fc.tuple(fc.nat(BIN_COUNT - 1), fc.integer({ min: 1, max: 2 ** 52 })), {
          selector: ([bin]) => bin,
        }),
      }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), fc.integer({ min: 1, max: 64 }), (items, capacity) => {
        const writer = new SparseWriter(capacity);
        for (const { kind, value } of items) {
          if (kind === 'bins') writer.bins(storeOf(value), 0);
          else writer[kind](value);
        }
        const reader = new SparseReader(writer.take());
        for (const { kind, value } of items) {
          if (kind === 'bins') expect(readBins(reader)).to.deep.equal(binsOf(storeOf(value)));
          else expect(reader[kind]()).to.equal(value);
        }
        expect(reader.atEnd).to.equal(true);
      }),
    );
  });

  it('any bytes are read or refused by a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new SparseReader(bytes);
        try {
          while (!reader.atEnd) reader.bins(new SketchStore(), 0, 1);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
    );
  });

  it('a distance of 0 ends the bins, however many bytes it takes', () => {
    const reader = new SparseReader(Uint8Array.of(0x80, 0, 5, 2, 0x80, 0));
    expect([readBins(reader), readBins(reader), reader.atEnd]).to.deep.equal([[], [[4, 2]], true]);
  });

  it('a writer starts anew after each take', () => {
    const writer = new SparseWriter();
    writer.varint(300);
    const first = writer.take();
    writer.varint(5);
    expect([[...first], [...writer.take()], writer.length]).to.deep.equal([[172, 2], [5], 0]);
  });
});

function storeOf(entries: readonly (readonly [number, number])[]): SketchStore {
  const store = new SketchStore();
  for (const [bin, count] of entries) store.add(0, bin, count);
  return store;
}

function binsOf(store: SketchStore): [number, number][] {
  const list = new BinList();
  store.list(0, list);
  return Array.from({ length: list.length }, (_, i) => [list.bins[i], list.countAt(i)]);
}

function readBins(reader: SparseReader): [number, number][] {
  const store = new SketchStore();
  reader.bins(store, 0, 1);
  return binsOf(store);
}

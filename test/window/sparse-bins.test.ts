import { expect } from 'chai';
import fc from 'fast-check';
import { DenseBins } from '../../agent/window/dense-bins.ts';
import { BIN_COUNT } from '../../agent/window/duration-bins.ts';
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
          if (kind === 'bins') writer.bins(denseOf(value));
          else writer[kind](value);
        }
        const reader = new SparseReader(writer.take());
        for (const { kind, value } of items) {
          if (kind === 'bins') expect(readBins(reader)).to.deep.equal(readDense(denseOf(value)));
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
          while (!reader.atEnd) reader.bins(new DenseBins(), 1);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
    );
  });

  it('a writer starts anew after each take', () => {
    const writer = new SparseWriter();
    writer.varint(300);
    const first = writer.take();
    writer.varint(5);
    expect([[...first], [...writer.take()], writer.length]).to.deep.equal([[172, 2], [5], 0]);
  });
});

function denseOf(entries: readonly (readonly [number, number])[]): DenseBins {
  const bins = new DenseBins();
  for (const [bin, count] of entries) bins.add(bin, count);
  return bins;
}

function readDense(bins: DenseBins): [number, number][] {
  return [...bins.counts.entries()].filter(([, count]) => count !== 0);
}

function readBins(reader: SparseReader): [number, number][] {
  const bins = new DenseBins();
  reader.bins(bins, 1);
  return readDense(bins);
}

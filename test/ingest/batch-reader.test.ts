import { expect } from 'chai';
import fc from 'fast-check';
import { BatchReader } from '../../agent/ingest/batch-reader.ts';
import { MalformedBatch } from '../../agent/ingest/malformed-batch.ts';
import { anyBatch, anyUnknownFields } from './any-batch.ts';
import { type ExpectedBatch, expectedBatch } from './expected-spans.ts';
import { encodeBatch } from './span-batch-codec.ts';
import { stagedSpans } from './staged-spans.ts';
import { hasUnusualForm } from './unusual-form.ts';

const LABELS = ['gpu', 'tenant'];
const LABEL_BYTES = 24;

/** What our reader makes of a message; undefined: it refuses it. */
function read(reader: BatchReader, bytes: Uint8Array): ExpectedBatch | undefined {
  try {
    reader.read(bytes);
  } catch (error) {
    if (error instanceof MalformedBatch) return undefined;
    throw error;
  }
  return {
    producerId: Buffer.from(reader.producerId).toString('hex'),
    sequence: reader.sequence,
    dropped: reader.dropped,
    spans: stagedSpans(reader, bytes),
  };
}

/** What has to come of it; undefined: protobufjs refuses it, or its columns do not fit together. */
function reference(bytes: Uint8Array): ExpectedBatch | undefined {
  try {
    return expectedBatch(bytes, LABELS, LABEL_BYTES);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return undefined;
  }
}

/** `npm run soak` runs many times as many. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1);

describe('batch reader, beside protobufjs', () => {
  const reader = new BatchReader(LABELS, LABEL_BYTES);

  it('reads the same from any message that protobufjs wrote', () => {
    const property = fc.property(anyBatch, (batch) => {
      const bytes = encodeBatch(batch);
      expect(read(reader, bytes)).to.deep.equal(reference(bytes));
    });
    fc.assert(property, { numRuns: 400 * RUNS });
  });

  it('reads the same with unknown fields before, between and behind', () => {
    const property = fc.property(anyBatch, anyBatch, anyUnknownFields, (first, second, unknown) => {
      const parts = [unknown, encodeBatch({ ...first, series: undefined, columns: undefined }), unknown];
      const bytes = Buffer.concat([...parts, encodeBatch(second), unknown]);
      expect(read(reader, bytes)).to.deep.equal(reference(bytes));
    });
    fc.assert(property, { numRuns: 200 * RUNS });
  });

  // The other way round does not hold: protobufjs reads a 64-bit varint that was cut off as if it were whole.
  it('reads nothing of a message cut off that protobufjs refuses', () => {
    const property = fc.property(anyBatch, fc.nat(), (batch, cut) => {
      const whole = encodeBatch(batch);
      const bytes = whole.subarray(0, whole.length === 0 ? 0 : cut % whole.length);
      const ours = read(reader, bytes);
      if (ours !== undefined) expect(ours).to.deep.equal(reference(bytes));
    });
    fc.assert(property, { numRuns: 400 * RUNS });
  });

  it('agrees on damaged messages, but for forms in which protobufjs is known to be wrong', () => {
    let compared = 0;
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const property = fc.property(anyBatch, damage, (batch, changes) => {
      const bytes = Uint8Array.from(encodeBatch(batch));
      if (bytes.length === 0) return;
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const ours = read(reader, bytes);
      if (hasUnusualForm(bytes)) return;
      compared++;
      expect(ours).to.deep.equal(reference(bytes));
    });
    fc.assert(property, { numRuns: 1500 * RUNS });
    expect(compared).to.be.above(50);
  });

  it('fails on random bytes with nothing but MalformedBatch', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read(reader, bytes);
    });
    fc.assert(property, { numRuns: 2000 * RUNS });
  });
});

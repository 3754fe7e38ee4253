import { expect } from 'chai';
import fc from 'fast-check';
import { anyUnknownFields } from '../any-batch.ts';
import { hasUnusualForm } from '../unusual-form.ts';
import { anyExport } from './any-export.ts';
import { encodeExport, jsonOf, requestType } from './otlp-codec.ts';
import { expectedSpans, ProbeReader } from './read-spans.ts';

/** `npm run soak` runs many times as many. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1);

describe('OTLP readers, beside protobufjs', () => {
  const reader = new ProbeReader();

  it('read the same from any export that protobufjs wrote', () => {
    const property = fc.property(anyExport, (fields) => {
      const bytes = encodeExport(fields);
      expect(reader.read(bytes)).to.deep.equal(expectedSpans(bytes));
    });
    fc.assert(property, { numRuns: 400 * RUNS });
  });

  it('read the same from its JSON form', () => {
    const property = fc.property(anyExport, (fields) => {
      const document: unknown = JSON.parse(JSON.stringify(jsonOf(fields)));
      expect(reader.readJson(document)).to.deep.equal(expectedSpans(encodeExport(fields)));
    });
    fc.assert(property, { numRuns: 400 * RUNS });
  });

  it('read the same with unknown fields before, between and behind', () => {
    const property = fc.property(anyExport, anyExport, anyUnknownFields, (first, second, unknown) => {
      const bytes = Buffer.concat([unknown, encodeExport(first), unknown, encodeExport(second), unknown]);
      expect(reader.read(bytes)).to.deep.equal(expectedSpans(bytes));
    });
    fc.assert(property, { numRuns: 200 * RUNS });
  });

  it('read nothing else from an export cut off than protobufjs does', () => {
    const property = fc.property(anyExport, fc.nat(), (fields, cut) => {
      const whole = encodeExport(fields);
      const bytes = whole.subarray(0, whole.length === 0 ? 0 : cut % whole.length);
      const ours = reader.read(bytes);
      if (ours !== undefined && !hasUnusualForm(bytes, requestType)) {
        expect(ours).to.deep.equal(expectedSpans(bytes));
      }
    });
    fc.assert(property, { numRuns: 400 * RUNS });
  });

  it('agree on damaged exports, but for forms in which protobufjs is known to be wrong', () => {
    let compared = 0;
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const property = fc.property(anyExport, damage, (fields, changes) => {
      const bytes = Uint8Array.from(encodeExport(fields));
      if (bytes.length === 0) return;
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const ours = reader.read(bytes);
      if (hasUnusualForm(bytes, requestType)) return;
      compared++;
      expect(ours).to.deep.equal(expectedSpans(bytes));
    });
    fc.assert(property, { numRuns: 1000 * RUNS });
    expect(compared).to.be.above(50);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeDocument, encodeDocument } from '../../agent/baseline/baseline-document.ts';
import { ImportError } from '../../agent/import/import-error.ts';
import { ROOT } from '../source-files.ts';
import { TraceFiles } from './trace-files.ts';

const NAMES = ['torch-cpu.json.gz', 'onnxruntime-cpu.json.gz', 'trtexec-times.json', 'trtexec-profile.json'];
const RUNS = 60;

function contentOf(name: string): Buffer {
  const bytes = readFileSync(join(ROOT, 'test/captures/traces', name));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** What a disk, an editor or another program might have made of a file. */
function mutationsOf(content: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(content.length - 1);
  const cut = at.map((end) => content.subarray(0, end));
  const flipped = fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
    const bytes = Buffer.from(content);
    for (const [place, byte] of changes) bytes[place] = byte;
    return bytes;
  });
  const without = fc
    .tuple(at, fc.nat(200))
    .map(([from, length]) => Buffer.concat([content.subarray(0, from), content.subarray(from + length)]));
  const number = fc
    .tuple(at, fc.constantFrom('-', '1e999', '99999999999999999999', 'null', '"', '{}'))
    .map(([place, text]) => {
      const from = content
        .toString('latin1')
        .slice(place)
        .search(/[0-9.]+/);
      const tail = content.toString('latin1').slice(place + Math.max(0, from));
      return Buffer.from(
        `${content.toString('latin1').slice(0, place + Math.max(0, from))}${tail.replace(/^[0-9.]+/, text)}`,
        'latin1',
      );
    });
  return fc.oneof(cut, flipped, without, number);
}

describe('import of damaged files', () => {
  const files = new TraceFiles();
  after(() => files.remove());

  for (const name of NAMES) {
    it(`reads ${name} as a baseline, or refuses it in words`, async () => {
      await fc.assert(
        fc.asyncProperty(mutationsOf(contentOf(name)), async (content) => {
          const path = files.write('mutated.json', content);
          try {
            const { recording } = await files.import([path]);
            expect(decodeDocument(encodeDocument({ recording }))).to.have.property('ok', true);
          } catch (error) {
            if (!(error instanceof ImportError)) throw error;
            expect(error.message).to.match(/mutated\.json: (byte \d+: )?expected /);
          }
        }),
        { numRuns: RUNS },
      );
    });
  }
});

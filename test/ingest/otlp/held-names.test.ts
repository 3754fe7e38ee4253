import { expect } from 'chai';
import { ByteIntern, TOO_LONG_ID } from '../../../agent/ingest/byte-intern.ts';
import { HeldNames } from '../../../agent/ingest/otlp/held-names.ts';

/** Counts what the table is asked for. */
class AskedIntern extends ByteIntern {
  asked = 0;

  override idOf(message: DataView, start: number, end: number): number {
    this.asked++;
    return super.idOf(message, start, end);
  }
}

describe('names of spans that wait', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['keeps a name', 'llama', 1],
    ['keeps none that is too long, of which there may be any number', 'é'.repeat(20_000), 2],
  ];
  for (const [title, text, asked] of cases) {
    it(title, () => {
      const intern = new AskedIntern({ maxBytes: 256, seeds: [] });
      const names = new HeldNames(intern);
      const id = names.idOf(text);
      expect(names.idOf(text)).to.equal(id);
      expect(intern.asked).to.equal(asked);
      expect(id === TOO_LONG_ID).to.equal(asked === 2);
    });
  }
});

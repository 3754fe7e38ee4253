import { expect } from 'chai';
import { MappedSpans, type RequestWords } from '../mapped-spans.ts';
import type { ExportWords } from '../span-builder.ts';

/** Title, export of one span, and the request that it is. */
export type RequestCase = readonly [string, ExportWords, RequestWords];
/** Title, export of one span, and the rule by which it is no request. */
export type IgnoredCase = readonly [string, ExportWords, string];

/** A test of each. */
export function itMaps(requests: readonly RequestCase[], ignored: readonly IgnoredCase[]): void {
  for (const [title, words, expected] of requests) {
    it(title, () => {
      const spans = new MappedSpans().receive(words).settle(60_000);
      expect(spans.requests).to.deep.equal([expected]);
      expect(spans.ignored).to.deep.equal([]);
    });
  }
  for (const [title, words, rule] of ignored) {
    it(`${title}: ignored as ${rule}`, () => {
      const spans = new MappedSpans().receive(words).settle(60_000);
      expect(spans.requests).to.deep.equal([]);
      expect(spans.ignored).to.deep.equal([rule]);
    });
  }
}

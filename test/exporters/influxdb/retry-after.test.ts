import { expect } from 'chai';
import { parseRetryAfter } from '../../../exporters/influxdb/retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

describe('Retry-After', () => {
  const cases: [title: string, header: string | undefined, expectedMs: number | undefined][] = [
    ['counts seconds, not milliseconds', '300', 300_000],
    ['may ask for no delay at all', '0', 0],
    ['reads an HTTP date as the time from now', 'Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['takes a date in the past for now', 'Sun, 22 Nov 2026 11:59:00 GMT', 0],
    ['ignores white space around it', ' 7 ', 7_000],
    ['is bounded, in seconds', '86400', 600_000],
    ['is bounded, as a date', 'Mon, 22 Nov 2027 12:00:00 GMT', 600_000],
    ['says nothing where it cannot be read', 'soon', undefined],
    ['says nothing where it is absent', undefined, undefined],
  ];
  for (const [title, header, expectedMs] of cases) {
    it(title, () => expect(parseRetryAfter(header, NOW_MS)).to.equal(expectedMs));
  }
});

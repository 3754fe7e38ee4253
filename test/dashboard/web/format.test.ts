import { expect } from 'chai';
import {
  formatBytes,
  formatChange,
  formatNumber,
  formatPercent,
  formatPoints,
  formatScaled,
  formatSeconds,
  formatSpan,
  scaleSeconds,
} from '../../../agent/dashboard/web/format.ts';

describe('format', () => {
  const cases: [what: string, text: string, expected: string][] = [
    ['microseconds', formatSeconds(0.000842), '842 µs'],
    ['milliseconds', formatSeconds(0.0125), '12.5 ms'],
    ['seconds', formatSeconds(3.1), '3.10 s'],
    ['an unknown duration', formatSeconds(undefined), '–'],
    ['nothing', formatSeconds(0), '0 ms'],
    ['a small number', formatNumber(0.254), '0.25'],
    ['a count', formatNumber(1234567), '1\u202f234\u202f567'],
    ['a share', formatPercent(0.0012), '0.12 %'],
    ['all of it', formatPercent(1), '100 %'],
    ['less', formatChange(0.57), '−43 %'],
    ['more', formatChange(1.08), '+8 %'],
    ['several times as much', formatChange(2.44), '×2.4'],
    ['the same', formatChange(1.001), '±0 %'],
    ['more failures', formatPoints(0.021), '+2.1 pp'],
    ['as many failures', formatPoints(0.0001), '±0 pp'],
    ['kibibytes', formatBytes(1536), '1.50 KiB'],
    ['no bytes', formatBytes(0), '0 B'],
    ['minutes', formatSpan(320_000), '5 min'],
    ['a moment', formatSpan(12), '0 s'],
  ];
  for (const [what, text, expected] of cases) {
    it(`shows ${what} as ${expected}`, () => expect(text).to.equal(expected));
  }

  it('shows figures side by side in one unit, fine enough for the least', () => {
    const scale = scaleSeconds([0.00098, 0.0212]);
    expect([0.00098, 0.0212].map((value) => formatScaled(value, scale))).to.deep.equal([
      '0.98 ms',
      '21.20 ms',
    ]);
  });
});

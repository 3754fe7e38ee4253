import { expect } from 'chai';
import { rustDurationNs } from '../../../../agent/ingest/otlp/mappings/rust-duration.ts';

describe('durations as Rust writes them', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['12ns', 12],
    ['0ns', 0],
    ['789.1µs', 789_100],
    ['789.1\u03bcs', 789_100],
    ['789.1us', 789_100],
    ['45.6ms', 45_600_000],
    ['1.23s', 1_230_000_000],
    ['1.234567891s', 1_234_567_891],
    ['86399.999999999s', 86_399_999_999_999],
    ['9.999999ms', 9_999_999],
  ];
  for (const [text, expected] of cases) {
    it(`${text} is ${expected} ns`, () => expect(rustDurationNs(text)).to.equal(expected));
  }
  for (const text of [
    '',
    's',
    '1',
    '-1s',
    '1.s',
    '.5s',
    '1 s',
    '1m',
    '1h',
    '1e3s',
    'NaNs',
    '1s2ms',
    'None',
  ]) {
    it(`"${text}" is none`, () => expect(rustDurationNs(text)).to.be.NaN);
  }
});

import { expect } from 'chai';
import { formatByteSize, parseByteSize } from '../../agent/config/byte-size.ts';
import { formatDuration, parseDuration } from '../../agent/config/duration.ts';

describe('config: durations', () => {
  const cases: readonly [string, number | undefined][] = [
    ['200ms', 200],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['1m', 60_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['10', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    ['0.5ms', undefined],
    ['1e3s', undefined],
    ['99999999999999d', undefined],
    ['', undefined],
  ];
  for (const [text, durationMs] of cases) {
    it(`reads "${text}" as ${durationMs}`, () => expect(parseDuration(text)).to.equal(durationMs));
  }

  const canonical: readonly [number, string][] = [
    [0, '0s'],
    [200, '200ms'],
    [1500, '1500ms'],
    [10_000, '10s'],
    [60_000, '1m'],
    [90_000, '90s'],
    [300_000, '5m'],
    [86_400_000, '24h'],
  ];
  for (const [durationMs, text] of canonical) {
    it(`writes ${durationMs} ms as ${text}, which reads back`, () => {
      expect(formatDuration(durationMs)).to.equal(text);
      expect(parseDuration(text)).to.equal(durationMs);
    });
  }
});

describe('config: sizes', () => {
  const cases: readonly [string, number | undefined][] = [
    ['256', 256],
    ['256B', 256],
    ['4MiB', 4_194_304],
    ['4 MiB', 4_194_304],
    ['4MB', 4_000_000],
    ['1.5KiB', 1536],
    ['1TiB', 2 ** 40],
    ['0.5B', undefined],
    ['-1', undefined],
    ['4mb', undefined],
    ['many', undefined],
    ['', undefined],
  ];
  for (const [text, bytes] of cases) {
    it(`reads "${text}" as ${bytes}`, () => expect(parseByteSize(text)).to.equal(bytes));
  }

  const canonical: readonly [number, string][] = [
    [0, '0B'],
    [1000, '1000B'],
    [2 ** 28, '256MiB'],
    [3 * 2 ** 30, '3GiB'],
  ];
  for (const [bytes, text] of canonical) {
    it(`writes ${bytes} bytes as ${text}`, () => expect(formatByteSize(bytes)).to.equal(text));
  }
});

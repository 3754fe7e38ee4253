import { expect } from 'chai';
import {
  chartStartMs,
  chooseWindow,
  encodeView,
  hopMs,
  INITIAL_VIEW,
  parseView,
  type RangeName,
} from '../../../agent/dashboard/web/view-state.ts';

describe('view state', () => {
  it('comes back from the address as it was', () => {
    const view = {
      model: 'a&b',
      window: '1m',
      range: '6h',
      reference: 'int8',
      baseline: 'before',
      candidate: 'int8',
      hidden: ['fp16', 'x,v=1'],
    } as const;
    expect(parseView(`#${encodeView(view)}`)).to.deep.equal(view);
  });

  it('is short at the start, and survives nonsense', () => {
    expect(encodeView(INITIAL_VIEW)).to.equal('');
    expect(parseView('#range=constructor&x=y')).to.deep.equal(INITIAL_VIEW);
  });

  const windows = ['10s', '1m', '5m'];
  const cases: [range: RangeName, windows: string[], expected: string][] = [
    ['5m', windows, '10s'],
    ['15m', windows, '1m'],
    ['1h', windows, '1m'],
    ['24h', windows, '5m'],
    ['24h', [], ''],
  ];
  for (const [range, all, expected] of cases) {
    it(`chooses the window "${expected}" for ${range} of [${all}]`, () => {
      expect(chooseWindow(range, all)).to.equal(expected);
    });
  }

  it('knows how far apart the ends of a window are', () => {
    expect([
      hopMs(10_000, 10_000),
      hopMs(60_000, 10_000),
      hopMs(300_000, 10_000),
      hopMs(60_000, 2000),
    ]).to.deep.equal([10_000, 10_000, 50_000, 10_000]);
  });

  const NOW = 10_000_000;
  const starts: [what: string, startedAgoMs: number, firstRowAgoMs: number, shownMs: number][] = [
    ['the whole range of an agent that is older', 5_000_000, 200_000, 900_000],
    ['the whole range where the history is older than the agent', 90_000, 5_000_000, 900_000],
    ['from its start on where the agent is younger', 90_000, 80_000, 90_000],
    ['from its history on where the agent was started anew', 90_000, 400_000, 400_000],
    ['a minute at the least', 5_000, Number.NEGATIVE_INFINITY, 60_000],
  ];
  for (const [what, startedAgoMs, firstRowAgoMs, shownMs] of starts) {
    it(`shows ${what}`, () => {
      const times = { nowMs: NOW, startedMs: NOW - startedAgoMs, firstRowMs: NOW - firstRowAgoMs };
      expect(NOW - chartStartMs(times, 900_000)).to.equal(shownMs);
    });
  }
});

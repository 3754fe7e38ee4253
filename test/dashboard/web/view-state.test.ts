import { expect } from 'chai';
import {
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
});

import { expect } from 'chai';
import { RecentTraces } from '../../../agent/ingest/otlp/recent-traces.ts';

describe('traces noted lately', () => {
  const PERIOD_MS = 1000;

  it('knows those of a period, with whatever words', () => {
    const traces = new RecentTraces(PERIOD_MS);
    const pairs = Array.from({ length: 5000 }, (_, k) => [k % 7, Math.imul(k, 0x9e3779b1) >>> 0] as const);
    for (const [high, low] of pairs) traces.note(high, low, 0);
    expect(pairs.filter(([high, low]) => !traces.has(high, low))).to.deep.equal([[0, 0]]);
    expect(traces.has(8, 1)).to.equal(false);
  });

  it('forgets after one to two periods', () => {
    const traces = new RecentTraces(PERIOD_MS);
    traces.note(1, 1, 0);
    traces.note(2, 2, 1000);
    expect([traces.has(1, 1), traces.has(2, 2)]).to.deep.equal([true, true]);
    traces.note(3, 3, 2000);
    expect([traces.has(1, 1), traces.has(2, 2)]).to.deep.equal([false, true]);
  });

  it('forgets the older half early, where there are too many', () => {
    const traces = new RecentTraces(PERIOD_MS);
    for (let k = 1; k <= 65_536 * 2 + 1; k++) traces.note(k, 1, 0);
    expect([traces.has(1, 1), traces.has(65_537, 1), traces.has(131_073, 1)]).to.deep.equal([
      false,
      true,
      true,
    ]);
    expect(traces.overflows).to.equal(2);
  });
});

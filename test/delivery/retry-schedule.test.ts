import { expect } from 'chai';
import { RetrySchedule } from '../../agent/delivery/retry-schedule.ts';

describe('RetrySchedule', () => {
  const named: readonly [string, (number | undefined)[], number[]][] = [
    [
      'doubles from a second to a minute',
      Array(8).fill(undefined),
      [1, 2, 4, 8, 16, 32, 60, 60].map((s) => s * 1000),
    ],
    ['takes the time that the server names', [20_000, 250], [20_000, 250]],
    ['does not let a server name more than ten minutes', [86_400_000], [600_000]],
    ['tries again at once where told so, but not twice', [0, 0, 0], [0, 2000, 4000]],
  ];
  for (const [title, afterMs, expected] of named) {
    it(title, () => {
      const schedule = new RetrySchedule(() => 0);
      expect(afterMs.map((ms) => schedule.retryAfter(ms))).to.deep.equal(expected);
    });
  }

  it('looks again after half a minute when it holds, then ever more rarely, to five minutes', () => {
    const schedule = new RetrySchedule(() => 0);
    const delays = Array.from({ length: 6 }, () => schedule.holdAfter());
    expect(delays).to.deep.equal([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it('spreads each delay by up to half of it', () => {
    expect(new RetrySchedule(() => 0.5).retryAfter(undefined)).to.equal(1250);
    expect(new RetrySchedule(() => 0.5).retryAfter(20_000)).to.equal(25_000);
  });

  it('starts anew after a success', () => {
    const schedule = new RetrySchedule(() => 0);
    schedule.retryAfter(undefined);
    schedule.retryAfter(undefined);
    schedule.succeeded();
    expect(schedule.retryAfter(undefined)).to.equal(1000);
  });
});

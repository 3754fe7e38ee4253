import { expect } from 'chai';
import { WatchLog } from '../../agent/core/watch-log.ts';
import { TestClock } from '../window/test-clock.ts';

const START_MS = 1_000_000;

/** Time after the start at which something happens, and what. */
type Event = (clock: TestClock, log: WatchLog) => void;

const wait =
  (ms: number): Event =>
  (clock, log) => {
    clock.advance(ms);
    log.advance();
  };
const step =
  (ms: number): Event =>
  (clock, log) => {
    clock.step(ms);
    log.advance();
  };
const rewind: Event = (_, log) => log.rewind();
const forget =
  (fromMs: number, toMs: number): Event =>
  (_, log) =>
    log.forget(START_MS + fromMs, START_MS + toMs);

describe('WatchLog', () => {
  const cases: readonly [string, readonly Event[], readonly [number, number], number][] = [
    ['watches from the start on', [wait(10_000)], [-5000, 10_000], 10_000],
    ['has not watched what is to come', [wait(4000)], [0, 10_000], 4000],
    ['takes slewing for watching', [wait(5000), step(900), wait(5000)], [0, 10_900], 10_900],
    ['leaves a gap after a step forward', [wait(5000), step(60_000), wait(5000)], [0, 70_000], 10_000],
    ['counts once what a step back watches twice', [wait(9000), step(-5000), wait(5000)], [0, 10_000], 9000],
    ['watches anew after a step back', [wait(9000), step(-5000), rewind, wait(2000)], [0, 10_000], 6000],
    [
      'does not watch the same time ahead',
      [wait(1000), step(50_000), wait(1000), step(-49_000), rewind, wait(1000)],
      [0, 60_000],
      2000,
    ],
    ['forgets what was lost', [wait(10_000), forget(2000, 5000), wait(1000)], [0, 11_000], 8000],
    ['forgets no time to come', [wait(3000), forget(2000, 5000), wait(7000)], [0, 10_000], 9000],
  ];
  for (const [name, events, [fromMs, toMs], expected] of cases) {
    it(name, () => {
      const clock = new TestClock(START_MS);
      const log = new WatchLog(clock);
      log.start([]);
      for (const event of events) event(clock, log);
      expect(log.watchedMs(START_MS + fromMs, START_MS + toMs)).to.equal(expected);
    });
  }

  it('goes on after a restart, without the time between', () => {
    const clock = new TestClock(START_MS);
    const first = new WatchLog(clock);
    first.start([]);
    clock.advance(4000);
    first.advance();
    clock.advance(3000);
    const second = new WatchLog(clock);
    second.start(first.spans());
    clock.advance(3000);
    second.advance();
    expect(second.watchedMs(START_MS, START_MS + 10_000)).to.equal(7000);
  });

  it('drops what is too old', () => {
    const clock = new TestClock(START_MS);
    const log = new WatchLog(clock);
    log.start([[0, 5000]]);
    clock.advance(4000);
    log.advance();
    log.trim(START_MS + 1000);
    expect(log.spans()).to.deep.equal([[START_MS + 1000, START_MS + 4000]]);
  });
});

import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import { lastField, requestsWritten, START_MS, totalOf, WindowHarness } from './window-harness.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('Aggregator', () => {
  let harness: WindowHarness;

  async function start(): Promise<void> {
    harness = await new WindowHarness().start();
  }

  afterEach(() => harness.close());

  describe('when the clock was set', () => {
    it('forward, writes what it had, with the coverage that is left', async () => {
      await start();
      harness.clock.advance(5000);
      harness.request('a');
      harness.clock.step(8 * HOUR_MS);
      const points = await harness.flush();
      expect(requestsWritten(points, '10s')).to.deep.equal(['a@10s: 1', 'a@20s: 0']);
      expect(points.find(({ series }) => series.tags['window'] === '10s')?.fields).to.include({
        coverage_ratio: 0.5,
      });
      harness.request('a');
      expect(requestsWritten(await harness.run(20_000), '10s')[0]).to.match(/: 1$/);
    });

    for (const [name, aheadMs] of [
      ['an hour', HOUR_MS],
      ['a year', 365 * 24 * HOUR_MS],
    ] as const) {
      it(`${name} forward and back again, goes on at once where nothing was written`, async () => {
        await start();
        await harness.run(2 * MINUTE_MS);
        harness.clock.step(aheadMs);
        harness.request('a');
        await harness.run(20_000);
        harness.clock.step(-aheadMs);
        await harness.flush();
        expect(harness.aggregator.oldestMs).to.be.at.most(harness.clock.wallMs());
        expect(harness.aggregator.nextFlushMs() - harness.clock.wallMs()).to.be.at.most(12_000);
        const from = harness.points.length;
        for (let i = 0; i < 60; i++) {
          harness.request('a');
          await harness.run(10_000);
        }
        const points = harness.points.slice(from);
        const first = Math.min(...points.map(({ timestampMs }) => timestampMs));
        expect(first - START_MS).to.be.below(5 * MINUTE_MS);
        expect(lastField(points, '5m', 'requests')).to.equal(30);
        expect(lastField(points, '5m', 'coverage_ratio')).to.be.closeTo(1, 1e-9);
      });
    }

    it('back, writes no end again, and counts the time that comes twice once', async () => {
      await start();
      for (let i = 0; i < 30; i++) {
        harness.request('a');
        await harness.run(10_000);
      }
      const written = new Set(endsOf(harness.points));
      harness.clock.step(-2 * MINUTE_MS);
      await harness.flush();
      const from = harness.points.length;
      for (let i = 0; i < 40; i++) {
        harness.request('a');
        harness.request('a');
        await harness.run(10_000);
      }
      const points = harness.points.slice(from);
      expect(endsOf(points).filter((end) => written.has(end))).to.deep.equal([]);
      expect(lastField(points, '1m', 'requests')).to.equal(12);
      expect(lastField(points, '5m', 'requests')).to.equal(60);
      expect(totalOf(harness, 'a')).to.equal(30 + 80);
    });

    it('back by hours while the process was down, starts at once', async () => {
      await start();
      harness.clock.step(6 * HOUR_MS);
      await harness.run(2 * MINUTE_MS);
      harness.request('a');
      await harness.run(MINUTE_MS);
      await harness.commit();
      const ahead = new Set(endsOf(harness.points));
      harness.clock.step(-6 * HOUR_MS);
      await harness.restart();
      harness.request('b');
      const points = await harness.run(2 * MINUTE_MS);
      expect(requestsWritten(points, '10s')[0]).to.match(/^b@.*: 1$/);
      await harness.commit();
      await harness.restart();
      harness.clock.step(6 * HOUR_MS - 4 * MINUTE_MS);
      const later: Point[] = [];
      for (let i = 0; i < 30; i++) {
        harness.request('a');
        later.push(...(await harness.run(10_000)));
      }
      expect(endsOf(later).filter((end) => ahead.has(end))).to.deep.equal([]);
    });
  });

  describe('when no flush came for long', () => {
    it('loses what does not fit in the ring, says so, and never counts it in a window', async () => {
      await start();
      harness.request('a', 0, 1);
      await harness.run(12_000);
      for (let i = 0; i < 100; i++) {
        harness.clock.advance(10_000);
        harness.request('a', 0, 500);
      }
      expect(totalOf(harness, 'a')).to.equal(101);
      const points = await harness.flush();
      expect(harness.log.lines).to.have.length(1);
      for (const { fields } of points as readonly Point[]) {
        const { requests, coverage_ratio, request_rate } = fields as Record<string, number | undefined>;
        if (request_rate !== undefined && requests !== 0 && coverage_ratio !== undefined)
          expect(request_rate).to.be.within(0.05, 0.4);
      }
      const whole = await harness.run(7 * MINUTE_MS);
      expect(lastField(whole, '5m', 'requests')).to.equal(0);
      expect(totalOf(harness, 'a')).to.equal(101);
    });

    it('does not replace a fuller point by a thinner one', async () => {
      await start();
      harness.request('a');
      await harness.run(12_000);
      harness.request('a', 10_000);
      for (let i = 0; i < 50; i++) {
        harness.clock.advance(10_000);
        harness.request('b');
      }
      const points = await harness.flush();
      const rewritten = requestsWritten(points, '10s').filter((line) => line.startsWith('a@10s'));
      expect(rewritten).to.deep.equal([]);
    });
  });
});

function endsOf(points: readonly Point[]): string[] {
  return points.map(({ series, timestampMs }) => `${series.tags['window']} ${timestampMs}`);
}

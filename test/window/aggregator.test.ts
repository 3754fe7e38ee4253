import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import { lastField, requestsWritten, START_MS, totalOf, WindowHarness } from './window-harness.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('Aggregator', () => {
  let harness: WindowHarness;

  async function start(options: ConstructorParameters<typeof WindowHarness>[0] = {}): Promise<WindowHarness> {
    harness = await new WindowHarness(options).start();
    return harness;
  }

  afterEach(() => harness.close());

  describe('when it is alone with its clock', () => {
    it('writes a window when the grace after its end is over, one point with 0, then nothing', async () => {
      await start();
      harness.clock.advance(5000);
      harness.request('a');
      await harness.run(30 * MINUTE_MS);
      expect(requestsWritten(harness.points, '10s')).to.deep.equal(['a@10s: 1', 'a@20s: 0']);
      expect(requestsWritten(harness.points, '1m')).to.have.length(7);
      expect(requestsWritten(harness.points, '1m').at(-1)).to.equal('a@70s: 0');
      expect(requestsWritten(harness.points, '5m').at(-1)).to.equal('a@350s: 0');
    });

    it('writes a window once more when it is final, if a span came late', async () => {
      await start();
      harness.series('a');
      await harness.run(12_000);
      harness.request('a', 4000);
      await harness.run(MINUTE_MS);
      expect(requestsWritten(harness.points, '10s')).to.deep.equal(['a@10s: 1', 'a@20s: 0']);
      expect(requestsWritten(harness.points, '1m').slice(0, 4)).to.deep.equal([
        'a@20s: 1',
        'a@30s: 1',
        'a@40s: 1',
        'a@10s: 1',
      ]);
    });

    it('says when the next flush is due', async () => {
      await start();
      expect(harness.aggregator.nextFlushMs()).to.equal(START_MS + 2000);
      await harness.run(2000);
      expect(harness.aggregator.nextFlushMs()).to.equal(START_MS + 12_000);
    });

    it('writes no window that ended before the start', async () => {
      await start();
      harness.request('a', 20_000);
      await harness.run(MINUTE_MS);
      const ends = harness.points.map(({ timestampMs }) => timestampMs);
      expect(Math.min(...ends)).to.equal(START_MS + 10_000);
    });

    it('says which share of a window it watched, and gives no rates below a tenth', async () => {
      await start();
      harness.clock.advance(5000);
      harness.request('a');
      await harness.run(7000);
      expect(lastField(harness.points, '1m', 'coverage_ratio')).to.equal(1 / 6);
      expect(lastField(harness.points, '1m', 'request_rate')).to.equal(0.1);
      await harness.run(40_000);
      expect(lastField(harness.points, '5m', 'coverage_ratio')).to.equal(50 / 300);
      expect(lastField(harness.points, '5m', 'request_rate')).to.equal(1 / 50);
    });

    it('stops with what is due; the rest waits in the checkpoint', async () => {
      await start();
      harness.clock.advance(15_000);
      harness.request('a', 6000);
      harness.request('a');
      const written: Point[] = [];
      await harness.aggregator.finish(harness.clock.wallMs(), (points) => written.push(...points));
      expect(requestsWritten(written, '10s')).to.deep.equal(['a@10s: 1']);
      await harness.commit();
      await harness.restart();
      expect(requestsWritten(await harness.run(10_000), '10s')).to.deep.equal(['a@20s: 1']);
    });

    it('does not take a stop just after the start for a clock that was set back', async () => {
      await start();
      harness.request('a');
      await harness.flush();
      expect(harness.log.lines).to.deep.equal([]);
      expect(requestsWritten(await harness.run(12_000), '10s')).to.deep.equal(['a@10s: 1']);
    });
  });

  describe('fields', () => {
    it('lets failures count, but not in the latency', async () => {
      await start({ objectives: [{ model: 'a', latencyMs: 100 }] });
      const series = harness.series('a');
      const endMs = harness.clock.wallMs();
      harness.record({ series, endMs, durationNs: 100e6 }, { series, endMs, durationNs: 100e6 + 1 });
      harness.record({ series, endMs, durationNs: 1e6, status: SpanStatus.error });
      const points = await harness.run(12_000);
      const field = (name: string): unknown => lastField(points, '10s', name);
      expect([field('requests'), field('errors'), field('error_ratio')]).to.deep.equal([3, 1, 1 / 3]);
      expect([field('latency_min_seconds'), field('error_latency_max_seconds')]).to.deep.equal([0.1, 0.001]);
      expect(field('slo_ratio')).to.equal(1 / 3);
    });

    const objectives: readonly (readonly [string, object, number | undefined])[] = [
      ['of latency alone', { latencyMs: 100 }, 2 / 4],
      ['of time to first token alone, among those that state it', { ttftMs: 50 }, 1 / 3],
      ['of both', { latencyMs: 100, ttftMs: 50 }, 1 / 4],
      ['of both, wide', { latencyMs: 1000, ttftMs: 500 }, 2 / 3],
    ];
    for (const [title, limits, share] of objectives) {
      it(`states the share within the objective ${title}; failures are never within`, async () => {
        await start({ objectives: [{ model: 'a', ...limits }] });
        const series = harness.series('a');
        const ttft = harness.aggregator.openPhase('ttft');
        const endMs = harness.clock.wallMs();
        const request = (latencyMs: number, ttftMs?: number, status?: SpanStatus) => ({
          series,
          endMs,
          durationNs: latencyMs * 1e6,
          status,
          phases: ttftMs === undefined ? [] : [{ phase: ttft, ns: ttftMs * 1e6 }],
        });
        harness.record(request(100, 50), request(100, 51), request(200), request(10, 5, SpanStatus.error));
        const points = (await harness.run(12_000)).filter(
          (point) => point.series.measurement === 'inference',
        );
        expect(lastField(points, '10s', 'slo_ratio')).to.equal(share);
      });
    }

    it('states no share where no success states its time to first token', async () => {
      await start({ objectives: [{ model: 'a', ttftMs: 50 }] });
      harness.request('a');
      expect(lastField(await harness.run(12_000), '10s', 'slo_ratio')).to.equal(undefined);
    });

    it('gives no error ratio where no sender states a status, and no objective where there is none', async () => {
      await start();
      harness.record({
        series: harness.series('a'),
        endMs: harness.clock.wallMs(),
        durationNs: 1e6,
        status: SpanStatus.unspecified,
      });
      const points = await harness.run(12_000);
      for (const name of ['errors', 'error_ratio', 'slo_ratio', 'item_rate', 'output_token_rate'])
        expect(lastField(points, '10s', name), name).to.equal(undefined);
    });

    it('puts phases beyond 64 names into one', async () => {
      await start();
      const series = harness.series('a');
      const phases = Array.from({ length: 70 }, (_, i) => ({
        phase: harness.aggregator.openPhase(`p${i}`),
        ns: 1e6,
      }));
      harness.record({ series, endMs: harness.clock.wallMs(), durationNs: 1e8, phases });
      const points = (await harness.run(12_000)).filter(({ series: { tags } }) => tags['window'] === '10s');
      const overflow = points.find(({ series: { tags } }) => tags['phase'] === '__overflow__');
      expect(points).to.have.length(1 + 64);
      expect(overflow?.fields).to.include({ requests: 7 });
    });
  });

  describe('series', () => {
    it('beyond the bound are counted in one that is visible', async () => {
      await start({ maxSeries: 2 });
      for (const model of ['a', 'b', 'c', 'd']) harness.request(model);
      const points = await harness.run(12_000);
      expect(requestsWritten(points, '10s').sort()).to.deep.equal([
        '__overflow__@10s: 2',
        'a@10s: 1',
        'b@10s: 1',
      ]);
      expect(harness.aggregator.status()).to.include({ series: 2, overflowedSpans: 2 });
    });

    it('are closed when they were idle for a quarter of an hour, and nothing of them is left to the next', async () => {
      await start();
      const first = harness.series('a');
      harness.request('a', 0, 1);
      const { seriesGeneration } = harness.aggregator;
      await harness.run(15 * MINUTE_MS + 20_000);
      expect(harness.aggregator.seriesGeneration).to.not.equal(seriesGeneration);
      expect(harness.aggregator.series()).to.deep.equal([]);
      expect(harness.series('b')).to.equal(first);
      harness.request('b', 0, 500);
      const points = await harness.run(MINUTE_MS);
      expect(lastField(points, '5m', 'latency_min_seconds')).to.equal(0.5);
      expect(totalOf(harness, 'b')).to.equal(1);
    });

    it('stay open until the longest window is over and closed by a point with 0', async () => {
      await start({ intervalMs: 10_000, windowsMs: [10_000, HOUR_MS] });
      harness.request('a');
      await harness.run(80 * MINUTE_MS);
      expect(requestsWritten(harness.points, '1h').at(-1)).to.match(/: 0$/);
      expect(harness.aggregator.series()).to.deep.equal([]);
    });

    it('that share an id after the clock went forward and back do not share requests', async () => {
      await start();
      harness.request('a', 0, 1);
      await harness.run(10_000);
      harness.clock.step(HOUR_MS);
      await harness.run(20_000);
      harness.clock.step(-HOUR_MS);
      await harness.flush();
      harness.request('b', 0, 500);
      const points = await harness.run(10 * MINUTE_MS);
      expect(new Set(points.map(({ series }) => series.tags['model']))).to.deep.equal(new Set(['b']));
      expect(
        points.map(({ fields }) => (fields as { latency_min_seconds?: number }).latency_min_seconds),
      ).to.not.include(0.001);
    });
  });
});

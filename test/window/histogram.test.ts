import { expect } from 'chai';
import fc from 'fast-check';
import { durationLadder } from '../../agent/core/duration-ladder.ts';
import type { Point, PointOf } from '../../agent/core/point.ts';
import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import { START_MS, WindowHarness } from './window-harness.ts';

const MINUTE_MS = 60_000;
const NOW = { boundsPerOctave: 4, delaySlices: 0 } as const;
type Rung = PointOf<'inference_histogram'>;

describe('the histogram of a minute', () => {
  let harness: WindowHarness;

  async function start(options: Partial<WindowHarness['options']> = {}): Promise<void> {
    harness = await new WindowHarness({ histogram: NOW, ...options }).start();
  }

  afterEach(() => harness.close());

  it('has every bound, cumulative, with floats and no other tags', async () => {
    await start();
    for (const durationMs of [0.05, 4, 4, 100, 200_000]) harness.request('a', 0, durationMs);
    const rungs = histogramOf(await harness.run(2 * MINUTE_MS));
    expect(rungs.map(({ series }) => series.tags['le'])).to.deep.equal([
      ...durationLadder(4).map(({ le }) => le),
      '+Inf',
    ]);
    expect(rungs[0].series.tags).to.deep.equal({ instance: 'i', le: '0.000125', model: 'a', variant: 'v' });
    const at = (le: string) => rungs.find(({ series }) => series.tags['le'] === le)?.fields;
    expect(at('0.000125')).to.deep.equal({ count: 1, bin: 1, total: 5, upper_seconds: 0.000124928 });
    expect(at('0.004')).to.include({ count: 1, bin: 0, total: 5 });
    expect(at('0.004757')).to.include({ count: 3, bin: 2, total: 5 });
    expect(at('131.1')).to.include({ count: 4, bin: 0, total: 5 });
    expect(at('+Inf')).to.deep.equal({ count: 5, bin: 1, total: 5, upper_seconds: 200, coverage_ratio: 1 });
    expect(new Set(rungs.map(({ timestampMs }) => timestampMs))).to.deep.equal(
      new Set([START_MS + MINUTE_MS]),
    );
  });

  it('counts the series of one model and variant together, and successful requests only', async () => {
    await start();
    const tags = { model: 'a', variant: 'v', version: '', operation: '', server: '', labels: {} };
    for (const other of [{}, { version: '2' }, { operation: 'chat' }, { labels: { zone: 'z' } }])
      record({ ...tags, ...other }, SpanStatus.ok);
    record({ ...tags, variant: 'int8' }, SpanStatus.ok);
    record(tags, SpanStatus.error);
    expect(totals(await harness.run(2 * MINUTE_MS))).to.deep.equal(['a v @60: 4', 'a int8 @60: 1']);
  });

  it('is silent in idle minutes, and written once, when nothing can come any more', async () => {
    await start();
    harness.request('a');
    expect(totals(await harness.run(MINUTE_MS + 29_000))).to.deep.equal([]);
    expect(totals(await harness.run(5 * MINUTE_MS))).to.deep.equal(['a v @60: 1']);
  });

  it('counts what came late', async () => {
    await start();
    await harness.run(MINUTE_MS);
    harness.request('a', 5000);
    harness.request('a', -1000);
    expect(totals(await harness.run(3 * MINUTE_MS))).to.deep.equal(['a v @60: 1', 'a v @120: 1']);
  });

  it('comes as many flushes later as the agent has its turn, or when it stops', async () => {
    await start({ windowsMs: [10_000], histogram: { ...NOW, delaySlices: 4 } });
    harness.request('a');
    await harness.run(MINUTE_MS + 32_000);
    harness.request('a');
    expect(totals(await harness.run(39_000))).to.deep.equal([]);
    expect(totals(await harness.run(1000))).to.deep.equal(['a v @60: 1']);
    await harness.run(20_000);
    const last: Point[] = [];
    await harness.aggregator.finish(harness.clock.wallMs(), (points) => last.push(...points));
    expect(totals(last)).to.deep.equal(['a v @120: 1']);
  });

  it('says how much of the minute was watched', async () => {
    harness = new WindowHarness({ histogram: NOW });
    harness.clock.advance(30_000);
    await harness.start();
    harness.request('a');
    const rungs = histogramOf(await harness.run(2 * MINUTE_MS));
    expect(rungs.flatMap(({ fields }) => fields.coverage_ratio ?? [])).to.deep.equal([0.5]);
  });

  for (const [when, atMs] of [
    ['within the minute', 42_000],
    ['before it is final', 85_000],
    ['after it was written', 100_000],
  ] as const) {
    it(`is neither doubled nor thinner after a restart ${when}`, async () => {
      await start();
      for (let passedMs = 0; passedMs < 3 * MINUTE_MS; passedMs += 1000) {
        harness.request('a', 0, 20);
        await harness.run(1000);
        if (passedMs + 1000 !== atMs) continue;
        await harness.commit();
        await harness.restart();
      }
      await harness.run(2 * MINUTE_MS);
      expect(totals(harness.points)).to.deep.equal(['a v @60: 60', 'a v @120: 60', 'a v @180: 60']);
    });
  }

  it('is not written over when the slices are lost', async () => {
    await start();
    harness.request('a');
    await harness.run(40_000);
    await harness.commit();
    await harness.database.transaction([{ sql: "UPDATE window_state SET body = '{}'" }]);
    await harness.restart();
    harness.request('a');
    expect(totals(await harness.run(MINUTE_MS * 3))).to.deep.equal(['a v @60: 1']);
    const [rung] = histogramOf(harness.points).slice(-1);
    expect(rung.fields.coverage_ratio).to.be.closeTo(1 / 3, 0.01);
  });

  it('leaps with the clock', async () => {
    await start();
    harness.request('a');
    harness.clock.step(365 * 24 * 60 * MINUTE_MS);
    expect(totals(await harness.flush())).to.deep.equal(['a v @60: 1']);
  });

  it('is of the least multiple of the interval beyond a minute where that does not divide it', async () => {
    await start({ intervalMs: 7000, windowsMs: [7000] });
    harness.request('a');
    const [first] = histogramOf(await harness.run(3 * MINUTE_MS));
    expect(first.timestampMs % 63_000).to.equal(0);
  });

  it('has 100 models and variants at most; the others are counted together', async () => {
    await start({ maxSeries: 200 });
    for (let model = 0; model < 150; model++) harness.request(`m${model}`);
    const written = totals(await harness.run(2 * MINUTE_MS));
    expect(written).to.have.length(100);
    expect(written.at(-1)).to.equal('__overflow__ undefined @60: 51');
  });

  function record(tags: SeriesTags, status: SpanStatus): void {
    const series = harness.aggregator.openSeries(tags);
    harness.record({ series, endMs: harness.clock.wallMs(), durationNs: 1e7, status });
  }
});

describe('histograms', () => {
  const request = fc.record({ waitMs: fc.nat(20_000), lateMs: fc.nat(25_000) });
  const intervals = fc.constantFrom(1000, 2000, 7000, 60_000);

  it('hold every request of their minute, whatever came when', async () => {
    const property = fc.asyncProperty(fc.array(request, { maxLength: 40 }), intervals, checkRun);
    await fc.assert(property, { numRuns: 60 });
  });
});

async function checkRun(
  requests: readonly { waitMs: number; lateMs: number }[],
  intervalMs: number,
): Promise<void> {
  const harness = await new WindowHarness({ intervalMs, windowsMs: [intervalMs], histogram: NOW }).start();
  const minuteMs = Math.ceil(MINUTE_MS / intervalMs) * intervalMs;
  const expected = new Map<number, number>();
  for (const { waitMs, lateMs } of requests) {
    await harness.run(waitMs);
    const endMs = Math.max(START_MS, harness.aggregator.oldestMs, harness.clock.wallMs() - lateMs);
    harness.record({ series: harness.series('a'), endMs, durationNs: 1e7 });
    const end = (Math.floor(endMs / minuteMs) + 1) * minuteMs;
    expected.set(end, (expected.get(end) ?? 0) + 1);
  }
  await harness.run(4 * MINUTE_MS);
  const written = histogramOf(harness.points).filter(({ series }) => series.tags['le'] === '+Inf');
  const found = written.map(({ timestampMs, fields }) => [timestampMs, fields.count]);
  harness.close();
  expect(found).to.deep.equal([...expected].sort(([a], [b]) => a - b));
}

function histogramOf(points: readonly Point[]): readonly Rung[] {
  return points.filter((point): point is Rung => point.series.measurement === 'inference_histogram');
}

/** `model variant @seconds after the start: total`, one a histogram. */
function totals(points: readonly Point[]): string[] {
  return histogramOf(points)
    .filter(({ series }) => series.tags['le'] === '+Inf')
    .map(({ series: { tags }, fields, timestampMs }) => {
      const afterSeconds = (timestampMs - START_MS) / 1000;
      return `${tags['model']} ${tags['variant']} @${afterSeconds}: ${fields.count}`;
    });
}

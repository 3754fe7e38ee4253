import { expect } from 'chai';
import fc from 'fast-check';
import type { SqlRow } from '../../agent/core/database.ts';
import { lastField, requestsWritten, START_MS, WindowHarness } from './window-harness.ts';

const MINUTE_MS = 60_000;

describe('WindowCheckpoint', () => {
  let harness: WindowHarness;

  beforeEach(async () => {
    harness = await new WindowHarness().start();
  });

  afterEach(() => harness.close());

  /** Two minutes of requests, committed after the last flush. */
  async function serve(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      harness.request('a');
      harness.request('b', 0, 300);
      await harness.run(10_000);
    }
    await harness.run(2000);
    await harness.commit();
  }

  function rows(sql: string): Promise<readonly SqlRow[]> {
    return harness.database.query(sql);
  }

  it('goes on where it stopped: windows over the restart are whole', async () => {
    await serve();
    await harness.restart();
    harness.request('a');
    const points = (await harness.run(10_000)).filter(({ series }) => series.tags['model'] === 'a');
    expect(lastField(points, '1m', 'requests')).to.equal(6);
    expect(lastField(points, '1m', 'coverage_ratio')).to.equal(1);
    expect(harness.aggregator.series().map(({ tags }) => tags.model)).to.deep.equal(['a', 'b']);
  });

  it('begins its totals anew', async () => {
    await serve();
    await harness.restart();
    harness.request('a');
    const totals: Record<string, number> = {};
    for (const { tags, latency } of harness.aggregator.readTotals([1])) totals[tags.model] = latency.count;
    expect(totals).to.deep.equal({ a: 1, b: 0 });
  });

  it('says how long nobody watched, and shows it as coverage', async () => {
    await serve();
    harness.clock.advance(30_000);
    await harness.restart();
    expect(harness.aggregator.status().unwatchedMs).to.equal(30_000);
    harness.request('a');
    const points = await harness.run(10_000);
    expect(requestsWritten(points, '10s')).to.deep.equal(['a@130s: 0', 'b@130s: 0', 'a@160s: 1']);
    expect(lastField(points, '1m', 'coverage_ratio')).to.equal(0.5);
  });

  it('writes the last windows of the run before, also after a long time', async () => {
    await serve();
    harness.clock.advance(8 * 60 * MINUTE_MS);
    await harness.restart();
    const points = await harness.run(20_000);
    expect(requestsWritten(points, '10s')).to.deep.equal(['a@130s: 0', 'b@130s: 0']);
    expect(requestsWritten(points, '5m').filter((line) => line.startsWith('a'))).to.deep.equal([
      'a@150s: 12',
      'a@200s: 12',
      'a@250s: 12',
      'a@300s: 12',
      'a@350s: 7',
      'a@400s: 2',
      'a@450s: 0',
    ]);
  });

  it('writes windows that were not final once more, only where spans came late', async () => {
    await serve();
    harness.request('a', 8000);
    await harness.commit();
    await harness.restart();
    const points = await harness.run(40_000);
    expect(
      requestsWritten(points, '10s')
        .filter((line) => /@1[012]0s/.test(line))
        .sort(),
    ).to.deep.equal(['a@120s: 2']);
  });

  it('writes only slices that changed, and deletes those that no window needs', async () => {
    await serve();
    const captured = harness.aggregator.capture();
    const unchanged = await captured.statements();
    captured.committed();
    expect(unchanged.filter(({ sql }) => sql.startsWith('INSERT INTO window_slice'))).to.deep.equal([]);
    for (let i = 0; i < 60; i++) {
      harness.request('a');
      await harness.run(10_000);
      await harness.commit();
    }
    const [{ slices }] = (await rows('SELECT count(*) AS slices FROM window_slice')) as [SqlRow];
    expect(slices).to.be.within(30, 36);
  });

  it('writes what an abandoned capture held with the next one', async () => {
    await serve();
    harness.request('a');
    harness.abandon();
    await harness.commit();
    await harness.restart();
    expect(requestsWritten(await harness.run(10_000), '10s')).to.include('a@130s: 1');
  });

  it('takes no span into a capture that comes after it', async () => {
    await serve();
    const captured = harness.aggregator.capture();
    harness.request('a');
    harness.request('new');
    await harness.database.transaction(await captured.statements());
    captured.committed();
    await harness.restart();
    expect(requestsWritten(await harness.run(10_000), '10s')).to.deep.equal(['a@130s: 0', 'b@130s: 0']);
  });

  it('leaves the series out that a lower bound has no room for, and their rows', async () => {
    await serve();
    await harness.restart({ maxSeries: 1 });
    await harness.commit();
    expect(harness.aggregator.status().series).to.equal(1);
    expect(await rows('SELECT id FROM window_series')).to.have.length(2);
  });

  it('takes longer windows of a new configuration for what they are: hardly watched', async () => {
    await serve();
    for (let i = 0; i < 60; i++) await harness.run(10_000);
    harness.request('a');
    await harness.commit();
    await harness.restart({ windowsMs: [10_000, 3_600_000] });
    const points = await harness.run(20 * MINUTE_MS);
    const hours = points.filter(({ series }) => series.tags['window'] === '1h');
    const [first] = hours.map(({ fields }) => fields as { requests: number; coverage_ratio: number });
    expect(first?.requests).to.equal(1);
    expect(first?.coverage_ratio).to.be.below(1020 / 3600);
  });

  for (const intervalMs of [1000, 20_000, 60_000]) {
    it(`starts empty when the interval became ${intervalMs} ms, and keeps what was written`, async () => {
      await serve();
      const written = harness.points.length;
      await harness.restart({ intervalMs, windowsMs: [60_000, 300_000] });
      expect(harness.log.lines).to.have.length(1);
      for (let i = 0; i < 6; i++) {
        harness.request('c');
        await harness.run(20_000);
        await harness.commit();
      }
      const early = harness.points
        .slice(written)
        .filter(({ timestampMs }) => timestampMs <= START_MS + 120_000);
      expect(early).to.deep.equal([]);
      const slices = await rows('SELECT DISTINCT slice FROM window_slice');
      const nowSlice = harness.clock.wallMs() / intervalMs;
      for (const { slice } of slices) expect(Number(slice)).to.be.closeTo(nowSlice, 400);
    });
  }

  const damages: readonly [string, string][] = [
    ['its state is no JSON', "UPDATE window_state SET body = '{'"],
    ['its state is JSON of something else', "UPDATE window_state SET body = 'null'"],
    ['its state is of another version', `UPDATE window_state SET body = '{"version": 99}'`],
    ['its state lacks a part', `UPDATE window_state SET body = json_remove(body, '$.emitted')`],
    ['a range is no range', `UPDATE window_state SET body = json_set(body, '$.watched', json('[[1]]'))`],
    ['a series is no JSON', "UPDATE window_series SET tags = 'x'"],
    ['a series is JSON of something else', `UPDATE window_series SET tags = '{"model": 1}'`],
    ['a slice is cut off', 'UPDATE window_slice SET body = substr(body, 1, length(body) - 1)'],
    ['a slice is garbage', 'UPDATE window_slice SET body = randomblob(200)'],
    ['a phase is missing', `UPDATE window_state SET body = json_set(body, '$.phases', json('[]'))`],
  ];
  for (const [name, sql] of damages) {
    it(`starts empty when ${name}, writes no end again, and then keeps a sound checkpoint`, async () => {
      harness.record({
        series: harness.series('p'),
        endMs: harness.clock.wallMs(),
        durationNs: 1e6,
        phases: [{ phase: harness.aggregator.openPhase('queue'), ns: 1e5 }],
      });
      await serve();
      const written = harness.points.length;
      await harness.database.transaction([{ sql }]);
      await harness.restart();
      expect(harness.log.lines).to.have.length(1);
      harness.request('a', 5000);
      await harness.run(12_000);
      const ends = harness.points.slice(written).map(({ timestampMs }) => timestampMs);
      expect(Math.min(...ends)).to.be.above(START_MS + 120_000);
      harness.request('a');
      await harness.commit();
      await harness.restart();
      expect(harness.log.lines).to.have.length(1);
      expect(requestsWritten(await harness.run(10_000), '10s')).to.include('a@140s: 1');
    });
  }

  it('survives any bytes in the place of a slice', async () => {
    await serve();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (body) => {
        await harness.database.transaction([{ sql: 'UPDATE window_slice SET body = ?', rows: [[body]] }]);
        await harness.restart();
        await harness.aggregator.flush(harness.clock.wallMs(), () => {});
      }),
      { numRuns: 50 },
    );
  });
});

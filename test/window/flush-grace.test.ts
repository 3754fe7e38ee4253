import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import type { TestSpan } from './span-batch.ts';
import { requestsWritten, WindowHarness } from './window-harness.ts';

const EXPORT_EVERY_MS = 5000;
const REQUEST_EVERY_MS = 100;
const RUN_MS = 60_000;

/** Requests in the first point of each full window of 10 s, of a source that exports every 5 s, at this offset. */
async function firstWritten(batchGraceMs: number, offsetMs: number): Promise<readonly number[]> {
  const harness = await new WindowHarness({ batchGraceMs }).start();
  const series = harness.series('llama');
  let gathered: TestSpan[] = [];
  const written: Point[] = [];
  for (let atMs = 0; atMs < RUN_MS; atMs += REQUEST_EVERY_MS) {
    gathered.push({ series, endMs: harness.clock.wallMs(), durationNs: 1e6 });
    if (atMs % EXPORT_EVERY_MS === offsetMs) {
      harness.recordBatch(gathered);
      gathered = [];
    }
    written.push(...(await harness.run(REQUEST_EVERY_MS)));
  }
  harness.close();
  const first = new Map<string, number>();
  for (const line of requestsWritten(written, '10s')) {
    const [end = '', requests] = line.split(': ');
    if (!first.has(end)) first.set(end, Number(requests));
  }
  return [...first.values()].slice(1);
}

async function shares(batchGraceMs: number): Promise<readonly number[]> {
  const offsetsMs = Array.from({ length: 10 }, (_, i) => i * 500);
  const all = await Promise.all(offsetsMs.map((offsetMs) => firstWritten(batchGraceMs, offsetMs)));
  return all.flat().map((requests) => requests / (10_000 / REQUEST_EVERY_MS));
}

describe('how long windows wait for what is on its way', () => {
  it('is long enough for exporters that send every 5 s: the first point has all requests', async () => {
    expect(new Set(await shares(6000))).to.deep.equal(new Set([1]));
  });

  it('matters: after 2 s, a window of 10 s lacks up to 30 % of them', async () => {
    const seen = await shares(2000);
    expect(Math.min(...seen)).to.be.within(0.69, 0.75);
    expect(seen.reduce((sum, share) => sum + share, 0) / seen.length).to.be.within(0.88, 0.94);
  });

  it('is short again ten minutes after the last batch, and takes none of that for a clock set back', async () => {
    const harness = await new WindowHarness({ batchGraceMs: 6000 }).start();
    expect((harness.aggregator.nextFlushMs() - 2000) % 10_000).to.equal(0);
    await harness.run(12_500);
    harness.recordBatch([{ series: harness.series('m'), endMs: harness.clock.wallMs(), durationNs: 1e6 }]);
    await harness.flush();
    expect(requestsWritten(await harness.run(13_400), '10s')).to.deep.equal([]);
    expect(requestsWritten(await harness.run(200), '10s')).to.deep.equal(['m@20s: 1']);
    await harness.run(610_000);
    expect((harness.aggregator.nextFlushMs() - 2000) % 10_000).to.equal(0);
    expect(harness.log.lines).to.deep.equal([]);
    harness.close();
  });

  it('is short where spans come at once', async () => {
    const harness = await new WindowHarness({ batchGraceMs: 6000 }).start();
    harness.request('m');
    const written = await harness.run(12_000);
    expect(requestsWritten(written, '10s')).to.deep.equal(['m@10s: 1']);
    harness.close();
  });
});

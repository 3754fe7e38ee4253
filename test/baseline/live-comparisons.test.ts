import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import { createRandom } from '../window/sample-durations.ts';
import { spanBatch } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { RESNET } from './sample-recording.ts';
import { createTestBaselines, type TestBaselines } from './test-baselines.ts';

const START_MS = 1_800_000_000_000;
const INTERVAL_MS = 10_000;

/** Two variants that run side by side, int8 half as slow as fp16. */
class LiveRig {
  readonly clock = new TestClock(START_MS);
  readonly test: TestBaselines = createTestBaselines(this.clock);
  readonly points: Point[] = [];
  readonly #random = createRandom(3);
  readonly #series = (['fp16', 'int8'] as const).map((variant) =>
    this.test.recorder.openSeries({ ...RESNET, variant }),
  );

  async run(seconds: number, { bert = false } = {}): Promise<void> {
    if (bert) this.test.recorder.openSeries({ ...RESNET, model: 'bert' });
    for (let atMs = 0; atMs < seconds * 1000; atMs += INTERVAL_MS) {
      const beginMs = this.clock.wallMs();
      const spans = this.#series.flatMap((series, index) =>
        Array.from({ length: 200 }, () => ({
          series,
          endMs: beginMs + this.#random() * INTERVAL_MS,
          durationNs: Math.round((10 - 5 * index) * 1e6 * (0.5 + this.#random())),
        })),
      );
      this.clock.advance(INTERVAL_MS);
      this.test.recorder.record(spanBatch(spans), this.clock.wallMs());
      this.test.inner.oldestMs = this.clock.wallMs() - 40_000;
      await this.test.recorder.flush(this.clock.wallMs());
      await this.flush();
    }
  }

  async flush(): Promise<void> {
    this.test.live.flush(this.clock.wallMs(), (points) => this.points.push(...points));
    await this.test.live.settled();
  }

  async saveFp16(name: string): Promise<void> {
    const toMs = this.clock.wallMs() - 6000;
    const saved = await this.test.baselines.save(name, {
      model: 'resnet50',
      variant: 'fp16',
      fromMs: toMs - 60_000,
      toMs,
    });
    expect(saved.kind).to.equal('saved');
  }

  of(variant: string): Point[] {
    return this.points.filter(({ series }) => series.tags['variant'] === variant);
  }
}

describe('live comparisons', () => {
  let rig: LiveRig;

  beforeEach(() => {
    rig = new LiveRig();
  });

  afterEach(async () => {
    await rig.test.live.stop();
    await rig.test.stop();
  });

  it('are silent without baselines', async () => {
    await rig.run(60);
    expect(rig.points).to.deep.equal([]);
  });

  it('compare each series with the baselines of its model each interval, and change their verdict slowly', async () => {
    await rig.run(70);
    await rig.saveFp16('before');
    await rig.run(250, { bert: true });
    await rig.flush();
    const [fp16, int8] = [rig.of('fp16'), rig.of('int8')];
    expect(rig.points).to.have.length(fp16.length + int8.length);
    expect(fp16).to.have.length(25);
    expect(int8[0].series).to.deep.include({
      measurement: 'inference_comparison',
      tags: { baseline: 'before', host: 'h', instance: 'i', model: 'resnet50', variant: 'int8' },
    });
    const verdicts = int8.map(({ fields }) => (fields as { verdict: string }).verdict);
    expect([...new Set(verdicts)]).to.deep.equal(['too_few_requests', 'faster']);
    expect(verdicts.indexOf('faster') * INTERVAL_MS).to.equal(180_000);
    const last = int8.at(-1)?.fields as Record<string, number>;
    expect(last['latency_p95_ratio']).to.be.closeTo(0.5, 0.03);
    expect(last['latency_p95_ratio_low']).to.be.lessThan(last['latency_p95_ratio']);
    expect(last['latency_p95_ratio_high']).to.be.greaterThan(last['latency_p95_ratio']);
    expect(last['request_rate_ratio']).to.be.closeTo(1, 0.05);
    expect(last['coverage_ratio']).to.be.closeTo(1, 0.03);
    expect(fp16.at(-1)?.fields).to.have.property('verdict', 'no_difference_shown');
    expect(int8.at(-1)?.timestampMs).to.equal(START_MS + 314_000);
    expect(rig.test.log.lines).to.deep.equal([]);
  });

  it('begin anew with a baseline that was replaced, and end with one that was deleted', async () => {
    await rig.run(70);
    await rig.saveFp16('before');
    await rig.run(20);
    expect(rig.test.live).to.include({ pairs: 2, waiting: 0 });
    await rig.test.baselines.remove('before');
    await rig.run(20);
    const count = rig.points.length;
    await rig.run(20);
    expect(rig.points).to.have.length(count);
    expect(rig.test.live.pairs).to.equal(0);
  });

  it('take turns where there are more than one interval has room for', async () => {
    await rig.run(70);
    for (let index = 0; index < 20; index++) await rig.saveFp16(`b${index}`);
    await rig.run(30);
    await rig.flush();
    expect(rig.test.live).to.include({ pairs: 32, waiting: 8 });
    const names = new Set(
      rig.points.map(({ series }) => `${series.tags['baseline']} ${series.tags['variant']}`),
    );
    expect(names.size).to.equal(40);
  });
});

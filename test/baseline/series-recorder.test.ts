import { expect } from 'chai';
import fc from 'fast-check';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import type { TestSpan } from '../window/span-batch.ts';
import { expectedSlices, RecorderHarness, START_MS } from './recorder-harness.ts';
import { RESNET } from './sample-recording.ts';

const span = (series: number, atMs: number, durationNs = 5_000_000): TestSpan => ({
  series,
  endMs: START_MS + atMs,
  durationNs,
});
const requestsOf = (harness: RecorderHarness, model: string): [number, number][] =>
  harness.read(model).slices.map(({ startMs, requests }) => [startMs - START_MS, requests]);

describe('the recorder', () => {
  it('says exactly what spans said, second by second, whatever came when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { maxLength: 30 }), async (steps) => {
        const harness = new RecorderHarness();
        const ids = [harness.open({ model: 'a' }), harness.open({ model: 'b' })];
        const phases = ['p0', 'p1'].map((name) => harness.recorder.openPhase(name));
        const all: TestSpan[] = [];
        for (const { series, agoMs, seconds, ...rest } of steps) {
          const endMs = Math.max(START_MS, harness.clock.wallMs() - agoMs);
          const made = { ...rest, series: ids[series], endMs };
          harness.record(made);
          all.push(made);
          await harness.advance(seconds * 1000);
        }
        const untilMs = harness.clock.wallMs();
        for (const [index, model] of ['a', 'b'].entries()) {
          const own = all.filter(({ series }) => series === ids[index]);
          const names = Object.fromEntries(phases.map((id, i) => [id, `p${i}`]));
          const firstMs = Math.floor(Math.min(untilMs, ...own.map(({ endMs }) => endMs)) / 1000) * 1000;
          const expected = expectedSlices(own, Object.assign([], names), [firstMs, untilMs]);
          expect(harness.read(model).slices).to.deep.equal(expected);
        }
        expect(harness.inner.spans).to.have.length(all.length);
        expect(harness.recorder.lateSpans).to.equal(0);
      }),
      { numRuns: 60 },
    );
  });

  it('calls phases by one name that share an id, being too many', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    const [own, shared] = [harness.recorder.openPhase('inference'), harness.recorder.openPhase('a')];
    harness.inner.openPhase = () => shared;
    harness.recorder.openPhase('b');
    const phases = [own, shared].map((phase) => ({ phase, ns: 1000 }));
    harness.record({ ...span(id, 500), phases });
    await harness.advance(1000);
    expect([...harness.read('resnet50').slices[0].phases.keys()]).to.deep.equal([
      'inference',
      '__overflow__',
    ]);
  });

  it('reads whole slices alone', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    harness.record(span(id, 500), span(id, 1500), span(id, 2500));
    await harness.advance(10_000);
    const { fromMs, toMs, slices } = harness.read('resnet50', START_MS + 300, START_MS + 2900);
    expect([fromMs, toMs].map((ms) => ms - START_MS)).to.deep.equal([1000, 2000]);
    expect(slices.map(({ requests }) => requests)).to.deep.equal([1]);
  });

  it('leaves out what was not watched, and knows a second without requests from it', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    harness.record(span(id, 0));
    await harness.advance(2000);
    harness.clock.step(3000);
    await harness.recorder.flush(harness.clock.wallMs());
    harness.record(span(id, 5500));
    await harness.advance(2000);
    expect(requestsOf(harness, 'resnet50')).to.deep.equal([
      [0, 1],
      [1000, 0],
      [5000, 1],
      [6000, 0],
    ]);
  });

  it('begins with the first second of which a request came, however late it came', async () => {
    const harness = new RecorderHarness();
    await harness.advance(3500);
    const id = harness.open();
    harness.record(span(id, 3600), span(id, 1600));
    await harness.advance(1500);
    expect(requestsOf(harness, 'resnet50')).to.deep.equal([
      [1000, 1],
      [2000, 0],
      [3000, 1],
      [4000, 0],
    ]);
  });

  it('begins with the next whole second where earlier ones were missed', async () => {
    const harness = new RecorderHarness({ series: 1 });
    harness.open({ model: 'a' });
    const id = harness.open({ model: 'b' });
    await harness.advance(1500);
    harness.recorder.followed.want({ model: 'b' }, harness.clock.wallMs(), harness.clock.wallMs() + 1);
    harness.record(span(id, 1600), span(id, 2600));
    await harness.advance(2500);
    expect(requestsOf(harness, 'b')).to.deep.equal([
      [2000, 1],
      [3000, 0],
    ]);
  });

  it('takes time that comes once more instead of what was recorded of it', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    harness.record(span(id, 500), span(id, 2500));
    await harness.advance(4000);
    harness.clock.step(-2000);
    await harness.recorder.flush(harness.clock.wallMs());
    harness.record(span(id, 3500));
    await harness.advance(2000);
    expect(requestsOf(harness, 'resnet50')).to.deep.equal([
      [0, 1],
      [1000, 0],
      [2000, 0],
      [3000, 1],
    ]);
  });

  it('counts spans that come when their slice is closed, and those alone', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    harness.record(span(id, 500));
    await harness.advance(60_000);
    harness.record(span(id, 29_999), span(id, 30_000));
    expect(harness.recorder.status().lateSpans).to.equal(1);
    expect(
      harness.read('resnet50', START_MS + 29_000, START_MS + 31_000).slices.map((s) => s.requests),
    ).to.deep.equal([0, 1]);
  });

  it('keeps on when no flush comes for long', async () => {
    const harness = new RecorderHarness();
    const id = harness.open();
    for (let second = 0; second < 200; second++) {
      harness.record(span(id, second * 1000 + 500));
      harness.clock.advance(1000);
    }
    const { slices } = harness.read('resnet50');
    expect(slices).to.have.length(200);
    expect(slices.every(({ requests }) => requests === 1)).to.equal(true);
  });

  it('lets the oldest slices go when their time or their room is over, and counts those without room', async () => {
    const harness = new RecorderHarness({ keepMs: 60_000, maxBytes: 8000 });
    const id = harness.open();
    for (let second = 0; second < 120; second++) {
      harness.record(span(id, second * 1000 + 500));
      await harness.advance(1000);
    }
    const { bytes, droppedSlices } = harness.recorder.status();
    expect(bytes).to.be.within(1, 8000);
    expect(droppedSlices).to.be.greaterThan(0);
    const { slices } = harness.read('resnet50');
    expect(slices[0].startMs).to.be.greaterThan(harness.clock.wallMs() - 60_000);
    expect(slices.every(({ requests }) => requests === 1)).to.equal(true);
  });

  it('costs nothing of a series beyond the bound, and says how many there are', async () => {
    const harness = new RecorderHarness({ series: 2 });
    const ids = ['a', 'b', 'c'].map((model) => harness.open({ model }));
    harness.record(...ids.map((id) => span(id, 500)));
    await harness.advance(2000);
    expect(harness.recorder.followed.find({ model: 'c' })).to.deep.equal([]);
    expect(harness.recorder.status()).to.include({ followed: 2, maxFollowed: 2, unfollowed: 1 });
    expect(harness.inner.spans).to.have.length(3);
  });

  it('follows a series of a model with baselines instead of the one that was idle longest', async () => {
    const harness = new RecorderHarness({ series: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((model) => harness.open({ model }));
    harness.record(span(a, 500), span(b, 600), span(c, 700));
    await harness.advance(1000);
    harness.record(span(a, 1500));
    harness.recorder.followed.prefer(new Set(['c']), harness.clock.wallMs());
    harness.record(span(c, 1700));
    await harness.advance(1000);
    expect(harness.recorder.followed.all.map(({ tags }) => tags.model)).to.deep.equal(['a', 'c']);
    expect(requestsOf(harness, 'c')).to.deep.equal([[1000, 1]]);
  });

  it('follows whom it is asked to as long as asked, and nobody takes that place', async () => {
    const harness = new RecorderHarness({ series: 1 });
    harness.open({ model: 'a' });
    harness.open({ model: 'b' });
    const { followed } = harness.recorder;
    const want = (model: string, forMs: number) =>
      followed.want({ model }, harness.clock.wallMs(), harness.clock.wallMs() + forMs).length;
    expect(want('b', 60_000)).to.equal(1);
    expect(want('a', 60_000)).to.equal(0);
    await harness.advance(61_000);
    expect(want('a', 60_000)).to.equal(1);
  });

  it('gives the place of a series that was idle for as long as slices are kept to a new one', async () => {
    const harness = new RecorderHarness({ series: 1, keepMs: 60_000 });
    const a = harness.open({ model: 'a' });
    harness.record(span(a, 500));
    await harness.advance(59_000);
    harness.open({ model: 'b' });
    expect(harness.recorder.followed.all.map(({ tags }) => tags.model)).to.deep.equal(['a']);
    await harness.advance(2000);
    harness.open({ model: 'c' });
    expect(harness.recorder.followed.all.map(({ tags }) => tags.model)).to.deep.equal(['c']);
    expect(requestsOf(harness, 'c').every(([, requests]) => requests === 0)).to.equal(true);
  });

  it('knows a series again that comes back under another id', async () => {
    const harness = new RecorderHarness();
    const id = harness.open({ model: 'a' });
    harness.record(span(id, 500));
    const { followed } = harness.recorder;
    followed.learn(id, { ...RESNET, model: 'b' }, harness.clock.wallMs());
    followed.learn(7, { ...RESNET, model: 'a' }, harness.clock.wallMs());
    harness.record(span(7, 600), span(id, 700));
    await harness.advance(1000);
    expect(requestsOf(harness, 'a')).to.deep.equal([[0, 2]]);
    expect(requestsOf(harness, 'b')).to.deep.equal([[0, 1]]);
  });
});

function anyStep() {
  const count = fc.option(fc.nat(2000), { nil: undefined });
  return fc.record({
    series: fc.nat(1),
    /** Ago when it comes: within what the windows still take. */
    agoMs: fc.nat(30_000),
    seconds: fc.nat(12),
    durationNs: fc.nat(10_000_000_000),
    status: fc.constantFrom(SpanStatus.unspecified, SpanStatus.ok, SpanStatus.error),
    weight: fc.constantFrom(1, 2.5, 1000),
    batchSize: count,
    inputTokens: count,
    outputTokens: count,
    phases: fc.array(fc.record({ phase: fc.nat(1), ns: fc.nat(5_000_000_000) }), { maxLength: 3 }),
  });
}

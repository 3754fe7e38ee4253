import { expect } from 'chai';
import fc from 'fast-check';
import { RequestTimeline, sliceLengthFor } from '../../agent/import/request-timeline.ts';

describe('request timeline', () => {
  const lengths: readonly (readonly [number, number])[] = [
    [0, 1000],
    [12, 1],
    [40, 1],
    [3000, 50],
    [39_999, 500],
    [40_000, 1000],
    [4_000_000, 1000],
  ];
  for (const [lengthMs, sliceMs] of lengths) {
    it(`has slices of ${sliceMs} ms where requests span ${lengthMs} ms`, () =>
      expect(sliceLengthFor(lengthMs)).to.equal(sliceMs));
  }

  it('counts a request in the slice in which it ended, and has slices without any', () => {
    const timeline = new RequestTimeline();
    timeline.add({ startMs: 100, durationMs: 1.5, phases: { h2d: 0.5 } });
    timeline.add({ startMs: 104, durationMs: 0.25, phases: {} });
    const slices = timeline.slices(7000);
    expect(slices.map(({ startMs, requests }) => [startMs, requests])).to.deep.equal([
      [7000, 0],
      [7001, 1],
      [7002, 0],
      [7003, 0],
      [7004, 1],
    ]);
    expect(slices[1].latency).to.deep.include({ count: 1, sum: 1_500_000, min: 1_500_000, max: 1_500_000 });
    expect(slices[1].phases.get('h2d')).to.deep.include({ count: 1, sum: 500_000 });
    expect(timeline.startMs).to.equal(100);
  });

  it('loses nothing when slices are joined, and stays bounded', () => {
    const request = fc.record({
      startMs: fc.nat(2e7),
      durationMs: fc.nat(50),
      phases: fc.constant({ h2d: 1 }),
    });
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 50 }), (requests) => {
        const timeline = new RequestTimeline();
        for (const one of requests) timeline.add(one);
        const slices = timeline.slices(0);
        expect(slices.length).to.be.at.most(8000);
        const sum = (of: (slice: (typeof slices)[number]) => number) =>
          slices.reduce((total, one) => total + of(one), 0);
        expect(sum((slice) => slice.requests)).to.equal(requests.length);
        expect(sum((slice) => slice.phases.get('h2d')?.count ?? 0)).to.equal(requests.length);
        expect(sum((slice) => slice.weightedNs)).to.equal(
          requests.reduce((ns, one) => ns + one.durationMs * 1e6, 0),
        );
        const lastMs = Math.max(...requests.map(({ startMs, durationMs }) => startMs + durationMs));
        expect(lastMs).to.be.within(timeline.startMs, timeline.startMs + timeline.lengthMs);
      }),
    );
  });

  it('joins slices where durations differ so much that they would take too much memory', () => {
    const timeline = new RequestTimeline();
    const requests = 200_000;
    for (let index = 0; index < requests; index++) {
      const durationMs = 1.0001 ** ((index * 7919) % 100_000);
      timeline.add({
        startMs: index * 20,
        durationMs,
        phases: { a: durationMs, b: 2 * durationMs, c: 3 * durationMs },
      });
    }
    const slices = timeline.slices(0);
    const bins = slices.reduce((sum, { latency, phases }) => {
      const lengths = [latency, ...phases.values()].map((values) => values?.bins.length ?? 0);
      return sum + lengths.reduce((total, length) => total + length, 0);
    }, 0);
    expect(bins).to.be.within(100_000, 500_000);
    expect(slices.reduce((sum, slice) => sum + slice.requests, 0)).to.equal(requests);
    expect(slices.length).to.be.above(40);
  });

  for (const [title, startMs, durationMs] of [
    ['no time', Number.NaN, 1],
    ['a negative duration', 0, -1],
  ] as const) {
    it(`refuses a request with ${title}`, () =>
      expect(() => new RequestTimeline().add({ startMs, durationMs, phases: {} })).to.throw(
        'expected a request',
      ));
  }

  it('refuses requests that are years apart', () => {
    const timeline = new RequestTimeline();
    timeline.add({ startMs: 0, durationMs: 1, phases: {} });
    expect(() => timeline.add({ startMs: 1e12, durationMs: 1, phases: {} })).to.throw('within');
  });
});

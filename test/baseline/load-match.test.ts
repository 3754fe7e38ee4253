import { expect } from 'chai';
import { matchLoad } from '../../agent/baseline/load-match.ts';
import { recordingOf, type SliceOf } from './recording-of.ts';

/** So many seconds of so many requests of so many ms each. */
type Stretch = readonly [seconds: number, requests: number, ms: number];

function side(...stretches: readonly Stretch[]) {
  return recordingOf(
    stretches.flatMap(([seconds, requests, ms]) =>
      new Array<SliceOf>(seconds).fill({ ms: new Array<number>(requests).fill(ms) }),
    ),
  );
}

describe('loads', () => {
  const cases: readonly [name: string, Stretch[], Stretch[], load: string | undefined, share: number][] = [
    ['are alike at one rate', [[60, 100, 10]], [[60, 100, 30]], 'rate', 1],
    ['are alike up to 20 % of the rate', [[60, 100, 10]], [[60, 120, 20]], 'rate', 1],
    ['are alike at one concurrency', [[60, 100, 10]], [[60, 200, 5]], 'concurrency', 1],
    ['differ in both', [[60, 100, 10]], [[60, 200, 10]], undefined, 0],
    [
      'with steps are matched by the rate',
      [
        [60, 100, 10],
        [60, 300, 20],
      ],
      [
        [60, 100, 20],
        [60, 300, 40],
      ],
      'rate',
      1,
    ],
    [
      'with steps are matched by the concurrency',
      [
        [60, 100, 10],
        [60, 100, 30],
      ],
      [
        [60, 200, 5],
        [60, 200, 15],
      ],
      'concurrency',
      1,
    ],
    [
      'of a step that one side lacks are matched without it',
      [
        [60, 100, 10],
        [30, 300, 20],
      ],
      [[60, 100, 10]],
      'rate',
      0.4,
    ],
    [
      'of a level too short are not matched',
      [
        [70, 100, 10],
        [9, 300, 20],
      ],
      [
        [60, 301, 20],
        [5, 100, 10],
      ],
      undefined,
      0,
    ],
  ];
  for (const [name, baseline, candidate, load, share] of cases) {
    it(name, () => {
      const match = matchLoad(side(...baseline), side(...candidate));
      expect(match?.load).to.equal(load);
      expect(match?.share ?? 0).to.be.closeTo(share, 0.04);
    });
  }

  it('are weighted to one mix of levels', () => {
    const match = matchLoad(side([90, 100, 10], [30, 300, 20]), side([30, 100, 10], [90, 300, 20]));
    const mixes = [match?.baseline, match?.candidate].map((sample) => {
      const weighted = (ms: number) =>
        sample?.slices.reduce((sum, { latency }, slice) => {
          return latency?.max === ms * 1e6 ? sum + sample.weights[slice] * latency.count : sum;
        }, 0) ?? 0;
      return weighted(10) / weighted(20);
    });
    // 9,000 and 3,000 requests of 10 ms, 9,000 and 27,000 of 20 ms: n·m/(n + m) of each.
    expect(mixes[0]).to.be.closeTo(2250 / 6750, 0.02);
    expect(mixes[1]).to.be.closeTo(mixes[0], 0.02);
    expect(match?.sameMix).to.equal(false);
  });

  it('of the same steps are the same mix', () => {
    const steps: Stretch[] = [
      [40, 100, 10],
      [40, 300, 20],
    ];
    expect(matchLoad(side(...steps), side(...steps))?.sameMix).to.equal(true);
  });

  it('of idle times are matched without them', () => {
    const match = matchLoad(side([40, 0, 0], [40, 100, 10]), side([40, 100, 10]));
    expect(match?.share).to.be.above(0.85);
  });
});

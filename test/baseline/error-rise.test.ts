import { expect } from 'chai';
import { errorsRose } from '../../agent/baseline/error-rise.ts';
import { recordingOf } from './recording-of.ts';

/** A minute of 100 requests a second in which so many fail, evenly spread, or all in one second. */
function failing(errors: number, inOneSecond = false) {
  const slices = Array.from({ length: 60 }, (_, second) => {
    const spread = Math.floor(((second + 1) * errors) / 60) - Math.floor((second * errors) / 60);
    const failed = inOneSecond ? (second === 30 ? errors : 0) : spread;
    return { ms: new Array<number>(100 - failed).fill(10), failed };
  });
  return recordingOf(slices).slices;
}

describe('the error ratio', () => {
  // Of equally many requests, given n errors, the candidate's are as many as heads in n throws of a coin.
  const cases: readonly [name: string, baseline: number, candidate: number, rose: boolean][] = [
    ['did not rise without errors', 0, 0, false],
    ['did not rise with 4 errors after none: 1 in 16', 0, 4, false],
    ['rose with 5 errors after none: 1 in 32', 0, 5, true],
    ['did not rise from 1 to 6: 8 in 128', 1, 6, false],
    ['rose from 1 to 7: 9 in 256', 1, 7, true],
    ['rose from 5 to 20', 5, 20, true],
    ['did not rise by falling', 20, 5, false],
  ];
  for (const [name, baseline, candidate, rose] of cases) {
    it(name, () => expect(errorsRose(failing(baseline), failing(candidate), 0.95)).to.equal(rose));
  }

  it('did not rise by one burst of 20 errors', () => {
    expect(errorsRose(failing(0), failing(20, true), 0.95)).to.equal(false);
  });

  it('is unknown where nobody states it', () => {
    const unstated = recordingOf(new Array(60).fill({ ms: [10], failed: 1, isStated: false })).slices;
    expect(errorsRose(unstated, failing(20), 0.95)).to.equal(false);
    expect(errorsRose(failing(0), unstated, 0.95)).to.equal(false);
  });

  it('asks for more where more confidence is asked for', () => {
    expect(errorsRose(failing(0), failing(5), 0.99)).to.equal(false);
    expect(errorsRose(failing(0), failing(7), 0.99)).to.equal(true);
  });
});

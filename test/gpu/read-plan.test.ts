import { expect } from 'chai';
import { BackOff } from '../../agent/gpu/back-off.ts';
import { ReadPlan } from '../../agent/gpu/read-plan.ts';

describe('read plan', () => {
  const cases: readonly [string, number, number, readonly number[], readonly number[]][] = [
    ['1 s', 1000, 1000, [0, 10_000, 20_000], [0, 2000, 4000, 6000, 8000, 10_000]],
    ['1 s, each a little late', 1000, 1010, [0, 10_100, 20_200], [0, 2020, 4040, 6060, 8080, 10_100]],
    ['200 ms', 200, 200, [0, 10_000, 20_000], [0, 2000, 4000, 6000, 8000, 10_000]],
    ['1 s, each a little early', 1000, 999, [0, 9990, 19_980], [0, 1998, 3996, 5994, 7992, 9990]],
    ['15 s', 15_000, 15_000, [0, 15_000], [0, 15_000]],
  ];
  for (const [title, intervalMs, stepMs, full, power] of cases) {
    it(`reads in full every 10 s and power every 2 s, as far as an interval of ${title} allows`, () => {
      const plan = new ReadPlan({ intervalMs, processes: true });
      const ticks = Array.from({ length: Math.ceil(20_001 / stepMs) + 1 }, (_, index) => index * stepMs);
      const requests = ticks.map((atMs) => ({ atMs, ...plan.next(atMs, true) }));
      const within = requests.filter(({ atMs }) => atMs <= 20_200);
      expect(within.filter((request) => request.full).map(({ atMs }) => atMs)).to.deep.equal(full);
      const early = within.filter((request) => request.power).map(({ atMs }) => atMs);
      expect(early.slice(0, power.length)).to.deep.equal(power);
    });
  }

  it('starts with a full reading again after an outage', () => {
    const plan = new ReadPlan({ intervalMs: 1000, processes: false });
    plan.next(0, true);
    expect(plan.next(1000, true)).to.deep.equal({ full: false, power: false, processes: false });
    plan.restart();
    expect(plan.next(2000, true)).to.deep.equal({ full: true, power: true, processes: false });
  });

  it('asks for processes in full readings, and for power where somebody wants it', () => {
    const plan = new ReadPlan({ intervalMs: 1000, processes: true });
    expect(plan.next(0, false)).to.deep.equal({ full: true, power: false, processes: true });
    expect(plan.next(1000, true)).to.deep.equal({ full: false, power: true, processes: false });
    expect(plan.next(3000, false)).to.deep.equal({ full: false, power: false, processes: false });
  });
});

describe('back-off', () => {
  it('doubles from 1 s to 60 s, and begins anew after a success', () => {
    const backOff = new BackOff(() => 0);
    const waits = Array.from({ length: 8 }, () => backOff.nextMs() / 1000);
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
    backOff.reset();
    expect(backOff.nextMs()).to.equal(1000);
  });

  it('is shortened by chance, by a fifth at most', () => {
    expect(new BackOff(() => 0.5).nextMs()).to.equal(900);
    expect(new BackOff(() => 0.999_999).nextMs()).to.be.within(800, 801);
  });
});

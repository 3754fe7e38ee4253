import { expect } from 'chai';
import { type Point, PointSeries } from '../../agent/core/point.ts';
import type { Sampler } from '../../agent/core/sampler.ts';
import { SamplerLoop } from '../../agent/flush/sampler-loop.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';

const series = new PointSeries('host', { host: 'h' });

function setUp(sample: Sampler['sample']) {
  const clock = new ManualClock();
  const sampler: Sampler = { name: 'fake', intervalMs: 1000, sample };
  return { clock, loop: new SamplerLoop(sampler, clock, new SilentLogger()) };
}

function reading(nowMs: number): readonly Point[] {
  return [{ series, fields: { cpu_ratio: 0.5 }, timestampMs: nowMs }];
}

describe('sampler loop', () => {
  it('reads at its interval and hands each reading out once', async () => {
    const { clock, loop } = setUp(async (nowMs) => reading(nowMs));
    await loop.start();
    await clock.advance(2500);
    expect(loop.drain().map((point) => point.timestampMs - 1_800_000_000_000)).to.deep.equal([0, 1000, 2000]);
    expect(loop.drain()).to.deep.equal([]);
    await loop.stop();
  });

  it('publishes nothing for a failed reading, tells why, and recovers', async () => {
    let fails = true;
    const { clock, loop } = setUp(async (nowMs) => {
      if (fails) throw new Error('no driver');
      return reading(nowMs);
    });
    await loop.start();
    await clock.advance(500);
    expect(loop.drain()).to.deep.equal([]);
    expect(loop.status()).to.include({ ok: false, reason: 'no driver' });
    expect(loop.degradations().map(({ component }) => component)).to.deep.equal(['sampler:fake']);
    fails = false;
    await clock.advance(1000);
    expect(loop.status().ok).to.equal(true);
    expect(loop.drain()).to.have.length(1);
    await loop.stop();
  });

  it('gives a reading one interval, and has one in flight', async () => {
    let calls = 0;
    const { clock, loop } = setUp((_nowMs, signal) => {
      calls++;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('deadline')), { once: true });
      });
    });
    await loop.start();
    await clock.advance(900);
    expect(calls).to.equal(1);
    await clock.advance(200);
    expect(loop.status()).to.include({ ok: false, reason: 'deadline' });
    await loop.stop();
  });

  it('waits as long as the sampler says after each reading', async () => {
    const clock = new ManualClock();
    const atMs: number[] = [];
    const sampler = {
      name: 'fake',
      intervalMs: 1000,
      async sample(nowMs: number) {
        atMs.push(nowMs - 1_800_000_000_000);
        sampler.intervalMs *= 2;
        return [];
      },
    };
    const loop = new SamplerLoop(sampler, clock, new SilentLogger());
    await loop.start();
    await clock.advance(7000);
    expect(atMs).to.deep.equal([0, 2000, 6000]);
    await loop.stop();
  });

  it('lets a sampler take longer than an interval where it says so, and counts what failed', async () => {
    const clock = new ManualClock();
    const sample: Sampler['sample'] = (_nowMs, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('deadline')), { once: true });
      });
    const loop = new SamplerLoop(
      { name: 'fake', intervalMs: 1000, deadlineMs: 3000, sample },
      clock,
      new SilentLogger(),
    );
    await loop.start();
    await clock.advance(2900);
    expect(loop.status()).to.include({ ok: true, pollsFailed: 0 });
    await clock.advance(200);
    expect(loop.status()).to.include({ ok: false, pollsFailed: 1 });
    await loop.stop();
    expect(loop.status().pollsFailed, 'a reading that the stop ended has not failed').to.equal(1);
  });
});

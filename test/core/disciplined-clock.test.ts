import { expect } from 'chai';
import { DisciplinedClock } from '../../agent/core/disciplined-clock.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

async function drive(
  stepMs: number,
  seconds: number,
): Promise<{ firstMs: number; lastMs: number; source: ManualClock }> {
  const source = new ManualClock();
  const clock = new DisciplinedClock(source);
  source.step(stepMs);
  await source.advance(200);
  const firstMs = clock.wallMs();
  for (let second = 0; second < seconds; second++) {
    await source.advance(1000);
    clock.wallMs();
  }
  return { firstMs, lastMs: clock.wallMs(), source };
}

describe('disciplined clock', () => {
  for (const stepMs of [900, -900]) {
    it(`slews an error of ${stepMs} ms instead of jumping, and is right in the end`, async () => {
      const { firstMs, lastMs, source } = await drive(stepMs, 120);
      expect(Math.abs(firstMs - 1_800_000_000_200)).to.be.at.most(2);
      expect(lastMs).to.be.closeTo(source.wallMs(), 0.01);
    });
  }

  for (const stepMs of [5000, -5000, 86_400_000]) {
    it(`takes a step of ${stepMs} ms over at once`, async () => {
      const { firstMs } = await drive(stepMs, 0);
      expect(firstMs).to.equal(1_800_000_000_200 + stepMs);
    });
  }

  it('never goes back while it slews', async () => {
    const source = new ManualClock();
    const clock = new DisciplinedClock(source);
    source.step(-1000);
    let lastMs = clock.wallMs();
    for (let tick = 0; tick < 1000; tick++) {
      await source.advance(150);
      const nowMs = clock.wallMs();
      expect(nowMs).to.be.greaterThan(lastMs);
      lastMs = nowMs;
    }
  });
});

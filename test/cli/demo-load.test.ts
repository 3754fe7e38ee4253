import { expect } from 'chai';
import { startDemoLoad } from '../../agent/cli/demo-load.ts';
import { DEMO_VARIANTS, demoRate, drawDemoRequest } from '../../agent/cli/demo-scenario.ts';
import { seededRandom } from '../../examples/onnx-server/seeded-random.ts';
import { FakeAgent } from '../clients/node/fake-agent.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

describe('the demo’s load', () => {
  it('says in each model’s name that it is simulated', () => {
    expect(DEMO_VARIANTS.filter(({ model }) => !model.startsWith('simulated-'))).to.deep.equal([]);
  });

  it('reaches an agent through the real client, and ends with its signal', async () => {
    const agent = new FakeAgent();
    await agent.start();
    try {
      const clock = new ManualClock();
      const stop = new AbortController();
      const ended = startDemoLoad({
        address: agent.address,
        signal: stop.signal,
        clock,
        random: seededRandom(1),
      });
      await clock.advance(1800);
      stop.abort();
      await ended;
      const expected = 1.8 * DEMO_VARIANTS.reduce((sum, variant) => sum + demoRate(variant, 0), 0);
      expect(agent.spans).to.be.within(expected * 0.8, expected * 1.2);
    } finally {
      agent.kill();
    }
  });

  for (const variant of DEMO_VARIANTS) {
    it(`draws whole requests for ${variant.model} ${variant.variant}`, () => {
      const random = seededRandom(7);
      const requests = Array.from({ length: 2000 }, (_, i) => drawDemoRequest(variant, i, random));
      for (const request of requests) {
        const phases = request.phasesMs.reduce((sum, ms) => sum + ms, 0);
        expect(phases).to.be.closeTo(request.durationMs, 1e-6);
        expect(request.timeToFirstTokenMs ?? 0).to.be.at.most(request.durationMs);
        expect(request.outputTokens === undefined).to.equal(variant.tokens === undefined);
      }
      expect(requests.filter((request) => request.failed).length / 2000).to.be.within(0.0005, 0.05);
    });
  }
});

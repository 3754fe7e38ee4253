import { expect } from 'chai';
import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { JoinHarness } from './join-harness.ts';

/** Requests one after another, each `ms` long, `everyMs` apart, that end within the second. */
function steady(harness: JoinHarness, model: string, ms: number, everyMs: number) {
  return (fromMs: number, toMs: number): void => {
    for (let endMs = fromMs + everyMs; endMs <= toMs; endMs += everyMs) harness.request(model, { endMs, ms });
  };
}

// A request of 100 ms each 250 ms touches 22 slots of 20 ms a second: 6, 5, 6 and 5.
describe('inference_gpu', () => {
  let harness: JoinHarness;
  afterEach(() => harness.database.close());

  it('says what one model took of its GPU', async () => {
    harness = await new JoinHarness().start();
    harness.gpu.memoryUsedBytes = 7e9;
    harness.gpu.activity = { utilizationRatio: 0.75, tensorAnyRatio: 0.5, tensorImmaRatio: 0.5 };
    harness.gpu.processIds = [7];
    harness.load = (fromMs, toMs) => {
      for (let endMs = fromMs + 250; endMs <= toMs; endMs += 250)
        harness.request('m', { endMs, ms: 100, outputTokens: 30 });
    };
    await harness.run(90_000);
    const [row, ...others] = harness.at(30_000);
    expect(others).to.deep.equal([]);
    expect(row.tags).to.deep.equal({
      host: 'h',
      instance: 'i',
      model: 'm',
      variant: 'v',
      window: '10s',
      gpu: 'GPU-a',
    });
    const { energy_active_joules: active, energy_idle_joules: idle, ...fields } = row.fields;
    expect(fields).to.deep.equal({
      busy_seconds: 4.4,
      gpu_share_ratio: 0.44,
      exclusive_ratio: 1,
      energy_per_request_joules: (active ?? 0) / 40,
      output_tokens_per_joule: 1200 / (active ?? 0),
      memory_used_max_bytes: 7e9,
      utilization_mean_ratio: 0.75,
      tensor_any_ratio: 0.5,
      tensor_hmma_ratio: undefined,
      tensor_imma_ratio: 0.5,
      coverage_ratio: 1,
    });
    expect(active).to.be.closeTo(440, 0.001);
    expect(idle).to.be.closeTo(560, 0.001);
  });

  it('says how busy the tensor cores were that a series should use, where the config names them', async () => {
    const expectTensor = ({ model }: SeriesTags) => (model === 'm' ? 'imma' : undefined);
    harness = await new JoinHarness({ expectTensor }).start();
    harness.gpu.activity = { tensorAnyRatio: 0.5, tensorHmmaRatio: 0.5, tensorImmaRatio: 0 };
    harness.load = (_, endMs) => {
      for (const model of ['m', 'other']) harness.request(model, { endMs, ms: 100 });
    };
    await harness.run(90_000);
    const found = harness.at(30_000).map(({ model, fields }) => [model, fields.tensor_expected_ratio]);
    expect(found).to.deep.equal([
      ['m', 0],
      ['other', undefined],
    ]);
  });

  it('gives a half-busy GPU’s idle power to idle slots', async () => {
    harness = await new JoinHarness().start();
    const isBusy = (atMs: number) => atMs % 1000 < 500;
    harness.gpu.watts = (atMs) => (isBusy(atMs) ? 720 : 127);
    harness.load = (fromMs) => harness.request('m', { endMs: fromMs + 500, ms: 500 });
    await harness.run(120_000);
    const { energy_active_joules: active, energy_idle_joules: idle } = harness.only('m', 60_000, '1m');
    expect(active).to.equal(undefined);
    const later = harness.only('m', 70_000, '1m');
    expect(idle).to.equal(undefined);
    expect(later.energy_active_joules).to.be.closeTo(30 * 720, 0.001 * 30 * 720);
    expect(later.energy_idle_joules).to.be.closeTo(30 * 127, 0.02 * 30 * 127);
    expect(later.energy_per_request_joules).to.be.closeTo(360, 0.4);
  });

  it('splits slots equally between two models, and idle energy by what they were busy', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs, toMs) => {
      harness.request('a', { endMs: fromMs + 600, ms: 600 });
      harness.request('b', { endMs: fromMs + 800, ms: 400 });
      if (toMs === 30_000) harness.load = () => {};
    };
    await harness.run(100_000);
    const a = harness.only('a', 30_000);
    const b = harness.only('b', 30_000);
    expect([a.busy_seconds, b.busy_seconds]).to.deep.equal([6, 4]);
    expect(a.gpu_share_ratio).to.be.closeTo(0.5, 1e-9);
    expect(b.gpu_share_ratio).to.be.closeTo(0.3, 1e-9);
    expect(a.exclusive_ratio).to.be.closeTo(2 / 3, 1e-9);
    expect(b.exclusive_ratio).to.be.closeTo(1 / 2, 1e-9);
    expect(a.energy_active_joules).to.be.closeTo(500, 0.001);
    expect(b.energy_active_joules).to.be.closeTo(300, 0.001);
    expect(a.energy_idle_joules).to.be.closeTo(125, 0.001);
    expect(b.energy_idle_joules).to.be.closeTo(75, 0.001);
  });

  it('counts a batch of 32 as busy once', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs) => {
      const batch = Array.from({ length: 32 }, () => ({ endMs: fromMs + 400, ms: 200 }));
      harness.request('m', ...batch);
    };
    await harness.run(90_000);
    const fields = harness.only('m', 30_000);
    expect(fields.busy_seconds).to.equal(2);
    expect(fields.energy_active_joules).to.be.closeTo(200, 0.001);
    expect(fields.energy_per_request_joules).to.be.closeTo(200 / 320, 1e-4);
  });

  it('spreads a long request over the slices in which it ran, without figures per request', async () => {
    harness = await new JoinHarness().start();
    harness.load = (_, toMs) => {
      if (toMs === 45_000) harness.request('m', { endMs: 45_000, ms: 30_000 });
    };
    await harness.run(120_000);
    const busy = [20_000, 30_000, 40_000, 50_000].map((end) => harness.only('m', end).busy_seconds);
    expect(busy).to.deep.equal([5, 10, 10, 5]);
    expect(harness.only('m', 50_000).energy_active_joules).to.be.closeTo(500, 0.001);
    expect(harness.only('m', 50_000)).not.to.have.property('energy_per_request_joules');
    expect(harness.join.losses().cutIntervals).to.equal(0);
  });

  it('lets go what a very long request did in slices that are final, and counts it', async () => {
    harness = await new JoinHarness().start();
    await harness.run(100_000);
    harness.request('m', { endMs: 100_000, ms: 90_000 });
    await harness.run(60_000);
    const busy = harness.rows.filter(({ window, model }) => window === '10s' && model === 'm');
    expect(busy.map(({ endMs, fields }) => [endMs, fields.busy_seconds])).to.deep.equal([
      [70_000, 10],
      [80_000, 10],
      [90_000, 10],
      [100_000, 10],
    ]);
    expect(harness.join.losses().cutIntervals).to.equal(1);
  });

  it('decides exactly whether the 95th percentile is too long for the window', async () => {
    const longOnes: readonly [number, boolean][] = [
      [1, true],
      [2, false],
    ];
    for (const [long, isGiven] of longOnes) {
      harness = await new JoinHarness().start();
      harness.load = (_, toMs) => {
        if (toMs !== 29_000) return;
        for (let i = 0; i < 20; i++) harness.request('m', { endMs: 29_000, ms: i < long ? 2001 : 2000 });
      };
      await harness.run(90_000);
      const perRequest = harness.only('m', 30_000).energy_per_request_joules;
      expect(perRequest !== undefined, `${long} of 20 are longer`).to.equal(isGiven);
    }
  });

  it('has no energy in windows under 10 s, and shapes a reading of 10 s into slices of 2 s', async () => {
    harness = await new JoinHarness({ intervalMs: 2000, windowsMs: [2000, 10_000] }).start();
    harness.gpu.watts = (atMs) => (atMs % 10_000 < 2000 ? 600 : 100);
    harness.load = (fromMs) => {
      if (fromMs % 10_000 === 1000) harness.request('m', { endMs: fromMs + 1000, ms: 2000 });
    };
    await harness.run(100_000);
    const short = harness.only('m', 42_000, '2s');
    expect(short.busy_seconds).to.equal(2);
    expect(short).not.to.have.any.keys('energy_active_joules', 'energy_idle_joules');
    for (const endMs of [42_000, 44_000, 50_000]) {
      const fields = harness.only('m', endMs, '10s');
      expect(fields.energy_active_joules).to.be.closeTo(1200, 2);
      const idle = harness
        .at(endMs, '10s')
        .reduce((sum, row) => sum + (row.fields.energy_idle_joules ?? 0), 0);
      expect(idle).to.be.closeTo(800, 2);
    }
  });

  it('waits for the readings that cover a window, but no longer than 14 s', async () => {
    harness = await new JoinHarness({ latenessMs: 2000 }).start();
    harness.load = steady(harness, 'm', 100, 250);
    harness.gpu.lastFullMs += 3000;
    await harness.run(32_000);
    expect(harness.at(30_000)).to.deep.equal([]);
    await harness.run(11_000);
    expect(harness.only('m', 30_000).energy_active_joules).to.be.closeTo(440, 0.001);
    harness.gpu.hasEnergy = false;
    await harness.run(33_000);
    expect(harness.only('m', 50_000).busy_seconds).to.equal(4.4);
    expect(harness.only('m', 50_000).energy_active_joules).to.equal(undefined);
  });

  it('has no energy where the counter was reset, and has it again later', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs, toMs) => {
      steady(harness, 'm', 100, 250)(fromMs, toMs);
      if (toMs === 45_000) harness.gpu.reset();
    };
    await harness.run(160_000);
    const known = [30_000, 40_000, 50_000, 60_000, 70_000].filter(
      (end) => harness.only('m', end).energy_active_joules !== undefined,
    );
    expect(known).to.deep.equal([30_000, 40_000, 70_000]);
    expect(harness.only('m', 100_000, '1m').energy_active_joules).to.equal(undefined);
    expect(harness.only('m', 120_000, '1m').energy_active_joules).to.be.closeTo(60 * 44, 0.01);
  });

  it('says how much of a window a lost GPU was not watched, and keeps what its counter says', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs, toMs) => {
      steady(harness, 'm', 100, 250)(fromMs, toMs);
      harness.gpu.isLost = toMs > 41_000 && toMs <= 60_000;
    };
    await harness.run(150_000);
    const coverage = [40_000, 50_000, 60_000, 70_000].map((end) => harness.only('m', end).coverage_ratio);
    expect(coverage).to.deep.equal([1, 0.1, 0, 0.9]);
    expect(harness.only('m', 60_000).energy_active_joules).to.be.closeTo(440, 1);
    expect(harness.only('m', 60_000).busy_seconds).to.equal(4.4);
  });

  it('takes a share of all the time in which requests were watched, the GPU lost or not', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs, toMs) => {
      if (toMs <= 15_000) harness.request('m', { endMs: toMs, ms: toMs - fromMs });
      harness.gpu.isLost = toMs > 30_000;
    };
    await harness.run(150_000);
    expect(harness.only('m', 60_000, '1m').gpu_share_ratio).to.be.closeTo(0.25, 0.005);
  });

  it('has no energy of a divided GPU', async () => {
    harness = await new JoinHarness().start();
    harness.gpu.divided = true;
    harness.load = steady(harness, 'm', 100, 250);
    await harness.run(90_000);
    const fields = harness.only('m', 30_000);
    expect(fields).not.to.have.any.keys('energy_active_joules', 'energy_per_request_joules');
    expect(fields.busy_seconds).to.equal(4.4);
    expect(fields.memory_used_max_bytes).to.equal(1e9);
  });

  it('books slices in which nobody was busy on __idle__, and says nothing of a model that did not run', async () => {
    harness = await new JoinHarness().start();
    harness.load = (_, toMs) => {
      if (toMs === 15_000) harness.request('m', { endMs: 15_000, ms: 1000 });
    };
    await harness.run(130_000);
    expect(harness.at(20_000).map(({ model }) => model)).to.deep.equal(['m']);
    expect(harness.at(30_000).map(({ model, tags }) => [model, tags['variant']])).to.deep.equal([
      ['__idle__', undefined],
    ]);
    expect(harness.at(30_000)[0].fields).to.deep.equal({
      energy_idle_joules: harness.only('__idle__', 30_000).energy_idle_joules,
      coverage_ratio: 1,
    });
    expect(harness.only('__idle__', 30_000).energy_idle_joules).to.be.closeTo(1000, 0.001);
    expect(harness.only('__idle__', 70_000, '1m').energy_idle_joules).to.be.closeTo(5000, 0.01);
    expect(harness.only('m', 70_000, '1m').energy_idle_joules).to.be.closeTo(900, 0.01);
    expect(harness.at(80_000, '1m').map(({ model }) => model)).to.deep.equal(['__idle__']);
  });

  it('has no figures per request where spans stand for others that were not seen', async () => {
    harness = await new JoinHarness().start();
    harness.load = (fromMs) => harness.request('m', { endMs: fromMs + 500, ms: 100, weight: 10 });
    await harness.run(90_000);
    expect(harness.only('m', 30_000).energy_active_joules).to.be.closeTo(100, 0.001);
    expect(harness.only('m', 30_000)).not.to.have.property('energy_per_request_joules');
  });

  it('marks what a simulated GPU says', async () => {
    harness = await new JoinHarness().start();
    harness.gpu.simulated = true;
    harness.load = steady(harness, 'm', 100, 250);
    await harness.run(70_000);
    expect(harness.at(30_000).map(({ tags }) => tags['simulated'])).to.deep.equal(['true']);
  });
});

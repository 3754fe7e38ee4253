import { expect } from 'chai';
import type { GpuOwnership } from '../../agent/core/gpu-sample.ts';
import { JoinHarness } from './join-harness.ts';

/** Half of each second. */
function load(harness: JoinHarness, model: string, gpu?: string): void {
  const before = harness.load;
  harness.load = (fromMs, toMs) => {
    before(fromMs, toMs);
    harness.request(model, { endMs: fromMs + 500, ms: 500, ...(gpu !== undefined && { gpu }) });
  };
}

function placesOf(harness: JoinHarness, model = 'm'): string[] {
  return harness
    .at(30_000)
    .filter((row) => row.model === model)
    .map(({ gpu }) => gpu);
}

describe('the GPUs of a series', () => {
  let harness: JoinHarness;
  afterEach(() => harness.database.close());

  const cases: readonly {
    name: string;
    gpus: number;
    label?: string;
    devices?: readonly string[];
    ofPod?: GpuOwnership;
    watched?: number;
    expected: readonly string[];
    reason: string;
  }[] = [
    {
      name: 'what the label says',
      gpus: 4,
      label: 'GPU-b',
      devices: ['GPU-c'],
      watched: 3,
      expected: ['GPU-b'],
      reason: 'label',
    },
    {
      name: 'what the label says without a prefix',
      gpus: 4,
      label: 'd',
      expected: ['GPU-d'],
      reason: 'label',
    },
    {
      name: 'without a label those of the config',
      gpus: 4,
      devices: ['GPU-c'],
      watched: 3,
      expected: ['GPU-c'],
      reason: 'gpu.devices',
    },
    {
      name: 'else those that the kubelet gave the pod',
      gpus: 4,
      ofPod: { uuids: ['GPU-b'], reason: 'the kubelet gave it' },
      watched: 3,
      expected: ['GPU-b'],
      reason: 'the kubelet gave it',
    },
    {
      name: 'none where the kubelet does not say, with its reason',
      gpus: 4,
      ofPod: { reason: 'the kubelet hangs' },
      expected: [],
      reason: 'the kubelet hangs, and no process is watched',
    },
    {
      name: 'else those of the watched process',
      gpus: 4,
      watched: 3,
      expected: ['GPU-d'],
      reason: 'watched process',
    },
    { name: 'else the only visible one', gpus: 1, watched: 77, expected: ['GPU-a'], reason: 'only visible' },
    { name: 'else none: never all', gpus: 4, expected: [], reason: 'no process is watched' },
    {
      name: 'none where the watched process is on none',
      gpus: 4,
      watched: 77,
      expected: [],
      reason: 'seen on none of them',
    },
  ];
  for (const { name, gpus, label, devices, ofPod, watched, expected, reason } of cases) {
    it(`are ${name}`, async () => {
      harness = await new JoinHarness(
        {
          ...(devices && { devices }),
          ...(ofPod && { ofPod: () => ofPod }),
          ...(watched !== undefined && { watchedPids: () => [watched] }),
        },
        gpus,
      ).start();
      for (const [i, gpu] of harness.gpus.entries()) gpu.processIds = [i];
      load(harness, 'm', label);
      await harness.run(70_000);
      expect(placesOf(harness)).to.deep.equal(expected);
      expect(harness.attribution.ownership().reason).to.contain(reason);
      expect(harness.join.losses().homelessRequests > 0).to.equal(expected.length === 0);
    });
  }

  it('are unknown until a GPU has answered', async () => {
    harness = await new JoinHarness({}, 0).start();
    load(harness, 'm', 'GPU-a');
    await harness.run(70_000);
    expect(harness.attribution.ownership()).to.deep.equal({ reason: 'no GPU has answered yet' });
    expect(harness.rows).to.deep.equal([]);
  });

  it('keep what one label names and what another does apart', async () => {
    harness = await new JoinHarness({}, 2).start();
    harness.gpus[1].watts = () => 300;
    load(harness, 'm', 'GPU-a');
    load(harness, 'n', 'GPU-b');
    await harness.run(70_000);
    expect(harness.only('m', 30_000).energy_active_joules).to.be.closeTo(500, 0.001);
    expect(harness.only('n', 30_000).energy_active_joules).to.be.closeTo(1500, 0.001);
    expect(harness.at(30_000).map(({ model, gpu }) => [model, gpu])).to.deep.equal([
      ['m', 'GPU-a'],
      ['n', 'GPU-b'],
    ]);
  });

  it('get a row each and one for all where a request ran on several, which alone has figures per request', async () => {
    harness = await new JoinHarness({}, 2).start();
    harness.gpus[1].watts = () => 300;
    load(harness, 'm', 'GPU-b,GPU-a');
    await harness.run(70_000);
    expect(placesOf(harness)).to.deep.equal(['GPU-a', 'GPU-b', 'all']);
    for (const gpu of ['GPU-a', 'GPU-b']) {
      const fields = harness.only('m', 30_000, '10s', gpu);
      expect(fields.busy_seconds).to.equal(5);
      expect(fields).not.to.have.property('energy_per_request_joules');
    }
    const all = harness.only('m', 30_000, '10s', 'all');
    expect(all.busy_seconds).to.equal(5);
    expect(all.gpu_share_ratio).to.equal(0.5);
    expect(all.exclusive_ratio).to.equal(1);
    expect(all.energy_active_joules).to.be.closeTo(2000, 0.01);
    expect(all.energy_per_request_joules).to.be.closeTo(200, 0.001);
    expect(all.memory_used_max_bytes).to.equal(2e9);
    expect(all.coverage_ratio).to.equal(1);
  });

  it('get figures per request each, and for all, where each request ran on one of them', async () => {
    harness = await new JoinHarness({}, 2).start();
    load(harness, 'm', 'GPU-a');
    load(harness, 'm', 'GPU-b');
    await harness.run(70_000);
    const [a, b, all] = ['GPU-a', 'GPU-b', 'all'].map((gpu) => harness.only('m', 30_000, '10s', gpu));
    expect([a, b, all].map((fields) => fields.energy_per_request_joules)).to.satisfy((joules: number[]) =>
      joules.every((one) => Math.abs(one - 50) < 0.001),
    );
    expect(all.busy_seconds).to.equal(5);
    expect(all.energy_active_joules).to.be.closeTo(1000, 0.001);
  });

  it('get a row for all in a window in which the series moved from one to the other', async () => {
    harness = await new JoinHarness({}, 2).start();
    harness.load = (fromMs) => {
      harness.request('m', { endMs: fromMs + 500, ms: 500, gpu: fromMs < 40_000 ? 'GPU-a' : 'GPU-b' });
    };
    await harness.run(110_000);
    expect(harness.only('m', 70_000, '1m', 'GPU-a').busy_seconds).to.equal(15);
    expect(harness.only('m', 70_000, '1m', 'GPU-b').busy_seconds).to.equal(15);
    const all = harness.only('m', 70_000, '1m', 'all');
    expect(all.busy_seconds).to.equal(30);
    expect(all.energy_per_request_joules).to.be.closeTo(50, 0.001);
  });

  const foreign: readonly [string, readonly number[] | undefined, number | undefined, number | undefined][] =
    [
      ['its own process alone', [7], 7, 1],
      ['its own and another', [7, 8], 7, 0],
      ['one of which nobody knows whose', [9], undefined, 1],
      ['two of which nobody knows whose', [8, 9], undefined, 0],
      ['an empty list, as a container may see it', [], undefined, undefined],
      ['those that the driver does not show', undefined, undefined, undefined],
    ];
  for (const [name, processIds, watched, expected] of foreign) {
    it(`are exclusive or not with ${name}`, async () => {
      const watchedPids = watched === undefined ? undefined : () => [watched];
      harness = await new JoinHarness({ ...(watchedPids && { watchedPids }) }).start();
      harness.gpu.processIds = processIds;
      load(harness, 'm');
      await harness.run(70_000);
      expect(harness.only('m', 30_000).exclusive_ratio).to.equal(expected);
    });
  }

  it('count a foreign process for the slices in which it was seen', async () => {
    harness = await new JoinHarness().start();
    load(harness, 'm');
    await harness.run(35_000);
    harness.gpu.processIds = [1, 2];
    await harness.run(10_000);
    harness.gpu.processIds = [1];
    await harness.run(60_000);
    const ratios = [30_000, 40_000, 50_000, 60_000].map((end) => harness.only('m', end).exclusive_ratio);
    expect(ratios).to.deep.equal([1, 0, 0, 1]);
    expect(harness.only('m', 60_000, '1m').exclusive_ratio).to.be.closeTo(4 / 6, 1e-9);
  });
});

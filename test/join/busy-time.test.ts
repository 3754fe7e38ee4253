import { expect } from 'chai';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import { JoinHarness, type TestRequest } from './join-harness.ts';

type Phases = NonNullable<TestRequest['phases']>;

/** A request of one second that ends at 25 s, and for how long it is busy. */
const cases: readonly [string, Phases, number][] = [
  ['all of it without phases', [], 1],
  ['all but its queue without phases of inference', [{ name: 'queue', ms: 400 }], 0.6],
  ['all but a queue that begins later', [{ name: 'queue', ms: 400, offsetMs: 200 }], 0.6],
  ['all with phases that say nothing of the GPU', [{ name: 'tokenize', ms: 400 }], 1],
  [
    'its inference, after the phases before it',
    [
      { name: 'queue', ms: 400 },
      { name: 'inference', ms: 200 },
      { name: 'postprocess', ms: 400 },
    ],
    0.2,
  ],
  [
    'prefill and decode',
    [
      { name: 'queue', ms: 400 },
      { name: 'prefill', ms: 100 },
      { name: 'decode', ms: 300 },
    ],
    0.4,
  ],
  [
    'the union of phases that overlap',
    [
      { name: 'prefill', ms: 400, offsetMs: 0 },
      { name: 'decode', ms: 400, offsetMs: 200 },
    ],
    0.6,
  ],
  [
    'phases after one with an offset',
    [
      { name: 'queue', ms: 100, offsetMs: 500 },
      { name: 'inference', ms: 200 },
    ],
    0.2,
  ],
  ['no longer than the request', [{ name: 'inference', ms: 5000, offsetMs: 800 }], 0.2],
  ['not at all in an inference of no length', [{ name: 'inference', ms: 0 }], 0],
  ['not at all in its queue', [{ name: 'queue', ms: 1000 }], 0],
];

describe('the busy time of a request', () => {
  let harness: JoinHarness;
  afterEach(() => harness.database.close());

  for (const [name, phases, seconds] of cases) {
    it(`is ${name}`, async () => {
      harness = await new JoinHarness().start();
      await harness.run(25_000);
      harness.request('m', { endMs: 25_000, ms: 1000, phases });
      await harness.run(45_000);
      const [row] = harness.at(30_000).filter(({ model }) => model === 'm');
      expect(row?.fields.busy_seconds ?? 0).to.equal(seconds);
    });
  }

  it('is that of failed requests as well, which count for no figure per request', async () => {
    harness = await new JoinHarness().start();
    await harness.run(25_000);
    harness.request('m', { endMs: 25_000, ms: 1000 }, { endMs: 23_000, ms: 1000, status: SpanStatus.error });
    await harness.run(45_000);
    const fields = harness.only('m', 30_000);
    expect(fields.busy_seconds).to.equal(2);
    expect(fields.energy_per_request_joules).to.be.closeTo(200, 0.001);
  });

  it('touches whole slots of 20 ms', async () => {
    harness = await new JoinHarness().start();
    await harness.run(25_000);
    harness.request('m', { endMs: 24_001, ms: 2 });
    await harness.run(45_000);
    expect(harness.only('m', 30_000).busy_seconds).to.equal(0.04);
  });
});

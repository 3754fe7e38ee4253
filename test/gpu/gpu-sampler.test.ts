import { expect } from 'chai';
import type { GpuOwnership, GpuSample } from '../../agent/core/gpu-sample.ts';
import { GpuFailure, type GpuReading, type ReadRequest } from '../../agent/gpu/gpu-reader.ts';
import { GpuSampler } from '../../agent/gpu/gpu-sampler.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { deviceOf, UUIDS } from './sample-readings.ts';

const NEVER = new AbortController().signal;
const READING: GpuReading = { devices: [deviceOf(0), deviceOf(1)], lost: [], notes: [] };
const LOST_ONE: GpuReading = {
  devices: [deviceOf(0)],
  lost: [{ index: 1, uuid: UUIDS[1], kind: 'lost', reason: 'fell off the bus' }],
  notes: ['no GPM'],
};
const LOST_NAMELESS: GpuReading = {
  ...LOST_ONE,
  lost: [{ index: 1, kind: 'lost', reason: 'fell off the bus' }],
};

/** A reader that answers what the test says. */
class ScriptedChoice {
  source: 'nvml' | 'nvidia-smi' | undefined = 'nvml';
  readonly tried = 'nvml';
  readonly reason = 'by script';
  readonly restarts = 3;
  readonly requests: ReadRequest[] = [];
  answer: GpuReading | GpuFailure | undefined = READING;

  async read(request: ReadRequest): Promise<GpuReading | undefined> {
    this.requests.push(request);
    if (this.answer instanceof GpuFailure) throw this.answer;
    return this.answer;
  }
}

describe('GPU sampler', () => {
  let clock: ManualClock;
  let log: SilentLogger;
  let choice: ScriptedChoice;
  let ownership: GpuOwnership;
  let samples: (readonly GpuSample[])[];
  let sampler: GpuSampler;

  beforeEach(() => {
    clock = new ManualClock();
    log = new SilentLogger();
    choice = new ScriptedChoice();
    ownership = { reason: 'nobody says' };
    samples = [];
    const options = { intervalMs: 1000, processes: true, processId: false, tags: {} };
    const sink = { wantsPower: true, record: (batch: readonly GpuSample[]) => samples.push(batch) };
    const random = () => 0;
    sampler = new GpuSampler(options, { choice, ownership: () => ownership, sink, clock, log, random });
  });

  async function publishedUuids(): Promise<readonly (string | undefined)[]> {
    const points = await sampler.sample(clock.wallMs(), NEVER);
    return points.map(({ series }) => series.tags['uuid']);
  }

  it('publishes every GPU until it is known whose they are, then ours; the join gets all', async () => {
    expect(await publishedUuids()).to.deep.equal([UUIDS[0], UUIDS[1]]);
    ownership = { uuids: [UUIDS[1]], reason: 'by the spans' };
    expect(await publishedUuids()).to.deep.equal([UUIDS[1]]);
    expect(samples.map((batch) => batch.length)).to.deep.equal([2, 2]);
  });

  it('says what it reads, how, and whose it is', async () => {
    ownership = { uuids: [UUIDS[0]], reason: 'by the spans' };
    choice.answer = LOST_ONE;
    await sampler.sample(clock.wallMs(), NEVER);
    expect(sampler.status()).to.deep.equal({
      source: 'nvml',
      reason: 'by script',
      devices: [{ index: 0, uuid: UUIDS[0], name: 'NVIDIA H100 80GB HBM3' }],
      lost: LOST_ONE.lost,
      own: [UUIDS[0]],
      ownReason: 'by the spans',
      notes: ['no GPM'],
      pollMs: 0,
      restarts: 3,
    });
  });

  it('says what is wrong while nothing can be read, and publishes nothing', async () => {
    choice.answer = new GpuFailure('permission', 'not for you');
    await rejectionOf(sampler.sample(clock.wallMs(), NEVER));
    expect(sampler.status()).to.include({ reason: 'not for you', failure: 'permission' });
    expect(sampler.status().devices).to.deep.equal([]);
    expect(samples).to.deep.equal([]);
  });

  it('says nothing of an old failure once there is no driver any more', async () => {
    choice.source = undefined;
    choice.answer = new GpuFailure('driver_mismatch', 'of two versions');
    await rejectionOf(sampler.sample(clock.wallMs(), NEVER));
    choice.answer = undefined;
    await sampler.sample(clock.wallMs(), NEVER);
    expect(sampler.status()).to.include({ source: 'none', reason: 'by script' });
    expect(sampler.status()).not.to.have.property('failure');
  });

  const degraded: readonly [string, GpuReading, readonly string[] | undefined, readonly string[]][] = [
    ['all that are lost, while nobody knows whose they are', LOST_ONE, undefined, ['gpu:1']],
    ['a lost one that is ours', LOST_ONE, [UUIDS[1]], ['gpu:1']],
    ['no lost one that is not ours', LOST_ONE, [UUIDS[0]], []],
    ['a lost one without a UUID, while nobody knows whose they are', LOST_NAMELESS, undefined, ['gpu:1']],
    ['no lost one without a UUID where all of ours answer', LOST_NAMELESS, [UUIDS[0]], []],
    [
      'a lost one without a UUID where one of ours is missing',
      LOST_NAMELESS,
      [UUIDS[1]],
      ['gpu:1', `gpu:${UUIDS[1]}`],
    ],
    ['one of ours that is not there at all', READING, [UUIDS[2]], [`gpu:${UUIDS[2]}`]],
  ];
  for (const [title, reading, uuids, expected] of degraded) {
    it(`is degraded by ${title}`, async () => {
      choice.answer = reading;
      ownership = { reason: 'so', ...(uuids && { uuids }) };
      await sampler.sample(clock.wallMs(), NEVER);
      expect(sampler.degradations().map(({ component }) => component)).to.deep.equal(expected);
    });
  }

  it('logs a lost GPU and a note once, and that the GPU is back', async () => {
    for (const answer of [LOST_ONE, LOST_ONE, READING]) {
      choice.answer = answer;
      await sampler.sample(clock.wallMs(), NEVER);
    }
    expect(log.lines).to.deep.equal([
      'warn a GPU gives nothing any more',
      'info a note of the GPU reader',
      'info a GPU answers again, or is there no more',
    ]);
  });

  it('begins with a full reading, and so again after an outage', async () => {
    await sampler.sample(clock.wallMs(), NEVER);
    await clock.advance(1000);
    await sampler.sample(clock.wallMs(), NEVER);
    choice.answer = new GpuFailure('lost', 'gone');
    await rejectionOf(sampler.sample(clock.wallMs(), NEVER));
    choice.answer = READING;
    await sampler.sample(clock.wallMs(), NEVER);
    expect(choice.requests.map(({ full }) => full)).to.deep.equal([true, false, false, true]);
  });

  const intervals: readonly [string, Partial<ScriptedChoice>, number][] = [
    ['its own interval', {}, 1000],
    ['5 s where nvidia-smi reads, for that is dear', { source: 'nvidia-smi' }, 5000],
    ['a minute where there is no driver', { source: undefined, answer: undefined }, 60_000],
    ['the first second after a failure', { answer: new GpuFailure('lost', 'gone') }, 1000],
  ];
  for (const [title, script, expected] of intervals) {
    it(`reads again after ${title}`, async () => {
      Object.assign(choice, script);
      await sampler.sample(clock.wallMs(), NEVER).catch(() => undefined);
      expect(sampler.intervalMs).to.equal(expected);
    });
  }

  const offsets: readonly [sampledAtMs: number, expectedMs: number][] = [
    [10_000, 1000],
    [10_300, 700],
    [10_001, 999],
    [9999.5, 1000.5],
  ];
  for (const [atMs, expectedMs] of offsets) {
    it(`reads on whole seconds: ${expectedMs} ms after ${atMs}`, async () => {
      await sampler.sample(atMs, NEVER);
      expect(sampler.intervalMs).to.equal(expectedMs);
    });
  }
});

import type { FieldsOf, Point } from '../../agent/core/point.ts';
import type { Sampler } from '../../agent/core/sampler.ts';
import { SamplerLoop } from '../../agent/flush/sampler-loop.ts';
import { SelfPoints } from '../../agent/flush/self-points.ts';
import { GpuSampler } from '../../agent/gpu/gpu-sampler.ts';
import { SourceChoice, type SourceChoiceOptions } from '../../agent/gpu/source-choice.ts';
import { fixedStatus } from '../fakes/fixed-status.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { pause, poll } from '../poll.ts';
import { readerProcesses } from './process-table.ts';

const PROCESS = {
  cpuSeconds: () => 0,
  memoryRssBytes: () => 0,
  eventLoopDelay: () => ({ p99Seconds: 0, maxSeconds: 0 }),
  uptimeSeconds: () => 0,
};
const READ_MS = 5000;

/** What came of one poll. */
export interface Outcome {
  /** Points by measurement. */
  readonly published: Readonly<Record<string, number>>;
  /** The point of `infermeter` for the sampler, without durations. */
  readonly counted: FieldsOf<'infermeter'>;
}

/** The GPU sampler in its loop, on a clock that the test moves; the reader's process is real. */
export class FaultRig {
  readonly log = new SilentLogger();
  readonly sampler: GpuSampler;
  readonly choice: SourceChoice;
  readonly clock = new ManualClock();
  readonly #loop: SamplerLoop;
  readonly #self = new SelfPoints({}, PROCESS);
  #polls = 0;

  constructor(
    source: SourceChoiceOptions['source'],
    environment: Readonly<Record<string, string>>,
    hasDriver = () => true,
  ) {
    const { clock, log } = this;
    const deadlines = { openMs: 100 * READ_MS, readMs: READ_MS };
    this.choice = new SourceChoice({ source, hasDriver, clock, log, child: { deadlines, environment } });
    this.sampler = new GpuSampler(
      { intervalMs: 1000, processes: true, processId: false, tags: {} },
      {
        choice: this.choice,
        ownership: () => ({ reason: 'unknown' }),
        sink: { wantsPower: true, record: () => undefined },
        clock,
        log,
        random: () => 0,
      },
    );
    this.#loop = new SamplerLoop(this.#counted(this.sampler), clock, log);
  }

  /** One more poll, as soon as it is due; `hangs`: its deadline passes. */
  async poll({ hangs = false } = {}): Promise<Outcome> {
    const before = this.#polls;
    if (before === 0) await this.#loop.start();
    else await this.clock.advance(this.sampler.intervalMs - this.#loop.status().pollMs);
    await poll('the poll is done', async () => {
      if (hangs) await this.clock.advance(READ_MS / 20);
      return this.#polls > before || undefined;
    });
    await this.clock.advance(0);
    if (!this.#loop.status().ok) {
      await poll('the reader is gone', async () => readerProcesses().length === 0 || undefined);
      await pause(50);
    }
    return { published: countBy(this.#loop.drain()), counted: this.#selfFields() };
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.choice.stop(AbortSignal.timeout(2000));
  }

  #counted(sampler: Sampler): Sampler {
    return {
      name: sampler.name,
      deadlineMs: sampler.deadlineMs ?? 0,
      get intervalMs() {
        return sampler.intervalMs;
      },
      sample: (nowMs, signal) => sampler.sample(nowMs, signal).finally(() => this.#polls++),
    };
  }

  #selfFields(): FieldsOf<'infermeter'> {
    const status = { ...fixedStatus, samplers: [this.#loop.status()], gpu: this.sampler.status() };
    const point = this.#self.read(status, 0).find(({ series }) => series.tags['sampler'] === 'gpu');
    const { poll_seconds: _duration, ...fields } = (point?.fields ?? {}) as FieldsOf<'infermeter'>;
    return JSON.parse(JSON.stringify(fields));
  }
}

function countBy(points: readonly Point[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { series } of points) counts[series.measurement] = (counts[series.measurement] ?? 0) + 1;
  return counts;
}

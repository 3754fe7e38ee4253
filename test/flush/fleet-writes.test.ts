import { expect } from 'chai';
import { minutePlace } from '../../agent/core/minute-place.ts';
import { Delivery } from '../../agent/delivery/delivery.ts';
import { Checkpointer } from '../../agent/flush/checkpointer.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { ScriptedExporter } from '../fakes/scripted-exporter.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { spanBatch } from '../window/span-batch.ts';

const AGENTS = 200;
/** No second may take more than this share of a minute's writes. */
const MAX_SHARE = 0.05;
const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

describe(`${AGENTS} agents that flush at the same moment`, () => {
  for (const intervalMs of [1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000]) {
    it(`send at different seconds, with an interval of ${intervalMs / 1000} s`, () => {
      const offsets = podNames().map((name) => minutePlace(name, intervalMs).offsetMs);
      const flushes = Array.from({ length: MINUTE_MS / intervalMs }, (_, flush) => flush * intervalMs);
      const writes = flushes.flatMap((flushMs) =>
        offsets.map((offsetMs) => (flushMs + offsetMs) % MINUTE_MS),
      );
      expect(busiestSecond(writes.map((atMs) => [atMs, 1]))).to.be.at.most(MAX_SHARE);
    });
  }

  it('spread requests and lines over the minute, histograms included', async function () {
    this.timeout(60_000);
    const clock = new ManualClock(START_MS);
    const agents = await Promise.all(podNames().map((name) => SimulatedAgent.start(name, clock)));
    const endMs = START_MS + 3.5 * MINUTE_MS;
    while (clock.wallMs() < endMs) {
      const waitMs = agents[0].aggregator.nextFlushMs() - clock.wallMs();
      await clock.advance(Math.ceil(waitMs));
      for (const agent of agents) await agent.flush();
    }
    for (const agent of agents) agent.database.close();
    const lastMinute = agents
      .flatMap(({ writes }) => writes)
      .filter(([atMs]) => atMs >= endMs - MINUTE_MS && atMs < endMs);
    expect(lastMinute).to.have.length(AGENTS * 6);
    expect(busiestSecond(lastMinute.map(([atMs]) => [atMs, 1]))).to.be.at.most(MAX_SHARE);
    expect(busiestSecond(lastMinute)).to.be.at.most(MAX_SHARE);
  });
});

type Write = readonly [atMs: number, lines: number];

/** Windows, outbox and sender of one agent, with one model. */
class SimulatedAgent {
  readonly database = new MemoryDatabase();
  readonly writes: Write[] = [];
  readonly aggregator: Aggregator;
  readonly #clock: ManualClock;
  readonly #delivery: Delivery;
  readonly #checkpointer: Checkpointer;

  private constructor(instance: string, clock: ManualClock) {
    const { offsetMs, delaySlices } = minutePlace(instance, 10_000);
    const log = new SilentLogger();
    const exporter = new ScriptedExporter();
    exporter.answerWith((lines) => {
      this.writes.push([clock.wallMs(), lines.length]);
      return { kind: 'accepted' };
    });
    this.#clock = clock;
    this.#delivery = new Delivery(
      { exporters: [exporter], outboxBytes: 1 << 20, offsetMs },
      { database: this.database, clock, random: () => 0, log },
    );
    this.aggregator = new Aggregator(
      {
        intervalMs: 10_000,
        windowsMs: [10_000, MINUTE_MS, 5 * MINUTE_MS],
        latenessMs: 30_000,
        graceMs: 2000,
        maxSeries: 10,
        maxNewSeriesPerDay: 10,
        objectives: [],
        histogram: { boundsPerOctave: 4, delaySlices },
      },
      { host: 'h', instance },
      { clock, log, yieldToLoop: async () => {} },
    );
    this.#checkpointer = new Checkpointer([this.aggregator, this.#delivery], this.database);
  }

  static async start(instance: string, clock: ManualClock): Promise<SimulatedAgent> {
    const agent = new SimulatedAgent(instance, clock);
    await agent.#checkpointer.restore();
    await agent.#delivery.start();
    return agent;
  }

  /** A request came since the last one. */
  async flush(): Promise<void> {
    const nowMs = this.#clock.wallMs();
    const tags = { model: 'm', variant: 'v', version: '', operation: '', server: '', labels: {} };
    const series = this.aggregator.openSeries(tags);
    this.aggregator.record(spanBatch([{ series, endMs: nowMs, durationNs: 1e7 }]), nowMs);
    await this.aggregator.flush(nowMs, (points) => this.#delivery.publish(points));
    await this.#delivery.seal();
    await this.#checkpointer.commit();
  }
}

/** As a ReplicaSet names its pods. */
function podNames(): string[] {
  return Array.from({ length: AGENTS }, (_, pod) => `llama-7f9c6d5b8-${pod.toString(36).padStart(5, 'x2')}`);
}

/** The greatest share of all that is written that falls into one second. */
function busiestSecond(writes: readonly Write[]): number {
  const seconds = new Map<number, number>();
  for (const [atMs, lines] of writes) {
    const second = Math.floor(atMs / 1000);
    seconds.set(second, (seconds.get(second) ?? 0) + lines);
  }
  const total = writes.reduce((sum, [, lines]) => sum + lines, 0);
  return Math.max(...seconds.values()) / total;
}

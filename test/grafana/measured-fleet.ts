import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../fakes/manual-clock.ts';
import { FakeNvidiaSmi, readCapture } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { poll } from '../poll.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { Influxd } from '../servers/influxd.ts';
import { SpanClient } from '../span-client.ts';
import { FleetLoad } from './fleet-load.ts';

const LOAD_MS = 125_000;
const PROFILE_AT_MS = 60_000;
/** Until the histograms are final and the last agent had its turn. */
const REST_MS = 170_000;
const DATABASE = 'inference';

/**
 * Two agents with a real influxd: one beside a simulated GPU and two servers, one beside a GPU that is divided. Their
 * clock is the test's, so that minutes take seconds.
 */
export class MeasuredFleet {
  readonly influxd: Influxd;
  readonly clock: ManualClock;
  readonly startMs: number;
  readonly load = new FleetLoad();
  readonly #folder = mkdtempSync(join(tmpdir(), 'infermeter-grafana-'));
  readonly #smi = new FakeNvidiaSmi({ stdout: readCapture('v12-a100-mig') });
  #agents: RunningAgent[] = [];

  private constructor(influxd: Influxd) {
    this.influxd = influxd;
    this.startMs = Date.now() - LOAD_MS - REST_MS;
    this.clock = new ManualClock(this.startMs);
  }

  /** Has served some minutes of load when it resolves; everything is in the store. */
  static async serve(): Promise<MeasuredFleet> {
    const influxd = await Influxd.start();
    await influxd.createDatabase(DATABASE);
    const fleet = new MeasuredFleet(influxd);
    try {
      await fleet.#start();
      await fleet.#serve();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async query(influxql: string) {
    return this.influxd.query(influxql, DATABASE);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await this.load.stop();
    this.#smi.remove();
    await this.influxd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    await this.load.start();
    await this.#startAgent('pod-a.0', [['listen.http', '127.0.0.1:0'], ...this.load.settings()]);
    this.#smi.enterPath();
    await this.#startAgent('pod-b.1', [['gpu.source', 'nvidia-smi']]);
  }

  async #startAgent(instance: string, settings: readonly (readonly [string, string])[]): Promise<void> {
    const store = [
      ['data_dir', join(this.#folder, instance)],
      ['exporters.influxdb.url', this.influxd.url],
      ['exporters.influxdb.version', '1'],
      ['exporters.influxdb.database', DATABASE],
    ] as const;
    const running = await startAgent(this.clock, [...store, ...settings], instance);
    this.#agents.push(running);
    // The reader's process starts in real time, and its deadlines are on a clock that is about to run.
    await poll('GPUs answer', async () => running.agent.status().gpu.devices.length > 0 || undefined);
  }

  async #serve(): Promise<void> {
    const clients = this.#agents.map(({ grpcAddress }) => new SpanClient(grpcAddress));
    for (let passedMs = 0; passedMs < LOAD_MS; passedMs += 1000) {
      await this.#pass();
      const nowMs = this.clock.wallMs();
      for (const client of clients) await client.report({ spans: this.load.spans(nowMs), dropped: 1 });
      this.load.nextSecond();
      if (passedMs !== PROFILE_AT_MS) continue;
      for (const { grpcAddress } of this.#agents) await this.load.profile(grpcAddress);
    }
    for (const client of clients) client.close();
    const http = this.#agents[0]?.agent.addresses()['http'] ?? '';
    await poll('baselines are kept', async () => {
      await this.#pass();
      return (await this.load.saveBaselines(http, this.startMs)) || undefined;
    });
    for (let passedMs = 0; passedMs < REST_MS; passedMs += 1000) await this.#pass();
    // It says that it stops; the other one will just be silent.
    await this.#agents.pop()?.stop();
    await poll('nothing waits', async () => {
      const waiting = this.#agents.map(({ agent }) => agent.status().outbox?.points ?? 0);
      return waiting.every((points) => points < 100) || undefined;
    });
  }

  /** A second, for all that share the clock. */
  async #pass(): Promise<void> {
    await this.#agents[0]?.advance(1000);
  }
}

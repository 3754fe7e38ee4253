import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ManualClock } from '../fakes/manual-clock.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { expectExactPoints, SPANS, START_MS } from './otlp-load.ts';

/** The requests of the load complete from then on. */
const LOAD_AFTER_MS = 30_000;

/** A whole agent with a local store, on free ports, that exporters send the load to. */
export class OtlpAgent {
  readonly #directory: string;
  readonly #agent: RunningAgent;

  private constructor(directory: string, agent: RunningAgent) {
    this.#directory = directory;
    this.#agent = agent;
  }

  static async start(): Promise<OtlpAgent> {
    const directory = mkdtempSync(join(tmpdir(), 'infermeter-otlp-'));
    const clock = new ManualClock(START_MS);
    const agent = await startAgent(clock, [
      ['data_dir', directory],
      ['listen.otlp_http', '127.0.0.1:0'],
      ['listen.http', '127.0.0.1:0'],
    ]);
    await clock.advance(LOAD_AFTER_MS);
    return new OtlpAgent(directory, agent);
  }

  get grpcUrl(): string {
    return `http://${this.#agent.grpcAddress}`;
  }

  get tracesUrl(): string {
    return `http://${this.#agent.otlpHttpAddress}/v1/traces`;
  }

  /** All of the load came over this way, and is in the store, each request once, with its values. */
  async expectAll(source: string): Promise<void> {
    const counts = this.#agent.agent.status().sources.find((one) => one.source === source);
    expect(counts).to.deep.include({ received: SPANS, accepted: SPANS, duplicate: 0, malformed: 0 });
    await expectExactPoints(this.#agent);
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

import { existsSync } from 'node:fs';
import { SystemClock } from '../../agent/core/clock.ts';
import type { ListenOptions } from '../../agent/core/listen-options.ts';
import type { AgentStatus } from '../../agent/core/status.ts';
import { HttpServer } from '../../agent/dashboard/http-server.ts';
import { LiveFeed } from '../../agent/dashboard/live-feed.ts';
import { createTestBaselines, type TestBaselines } from '../baseline/test-baselines.ts';
import { createStatus } from '../dashboard/sample-agent.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { createGpuPoints, createWindow, summarize, type TrafficVariant } from './page-traffic.ts';

const ASSETS = new URL('../../dist/agent/web/', import.meta.url);
const WINDOWS: Readonly<Record<string, number>> = { '10s': 10_000, '1m': 60_000, '5m': 300_000 };
const INTERVAL_MS = 10_000;

/** The agent as a browser sees it: the real HTTP interface with the built page, and traffic of our making. */
export class PageAgent {
  readonly feed = new LiveFeed();
  readonly variants: readonly TrafficVariant[];
  readonly #status: Partial<AgentStatus>;
  readonly #test: TestBaselines;
  #server: HttpServer | undefined;

  constructor(
    variants: readonly TrafficVariant[],
    status: Partial<AgentStatus> = {},
    test = createTestBaselines(new SystemClock()),
  ) {
    this.#test = test;
    if (!existsSync(new URL('page.js', ASSETS))) throw new Error('the page is not built: npm run build');
    this.variants = variants;
    this.#status = status;
  }

  get url(): string {
    return `http://${this.#server?.addresses.http}/`;
  }

  async start(listen: ListenOptions = { address: '127.0.0.1:0' }): Promise<void> {
    const sources = {
      status: () => createStatus({ ...this.#status, nowMs: Date.now() }),
      series: () => summarize(this.variants, Date.now()),
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      feed: this.feed,
      baselines: this.#test.baselines,
      taking: () => true,
    };
    this.#server = new HttpServer({ listen, assets: ASSETS }, sources, new SystemClock(), new SilentLogger());
    await this.#server.start();
  }

  async stop(): Promise<void> {
    await this.#server?.stop(AbortSignal.abort());
  }

  /** Publishes every window that ended in the last `durationMs`, as if the agent had been running. */
  publishPast(durationMs: number): void {
    const nowMs = Date.now();
    const firstMs = Math.ceil((nowMs - durationMs) / INTERVAL_MS) * INTERVAL_MS;
    for (let endMs = firstMs; endMs <= nowMs; endMs += INTERVAL_MS) this.publishNow(this.variants, endMs);
  }

  /** Publishes a reading of so many GPUs. */
  publishGpus(count: number, atMs: number): void {
    for (let index = 0; index < count; index++) this.feed.publish(createGpuPoints(Math.floor(atMs), index));
  }

  /** Publishes the windows that end at `endMs`. */
  publishNow(variants: readonly TrafficVariant[], endMs = Math.floor(Date.now() / 1000) * 1000): void {
    for (const [window, windowMs] of Object.entries(WINDOWS)) {
      if (windowMs < 300_000 || endMs % 50_000 === 0)
        this.feed.publish(createWindow(variants, window, endMs));
    }
  }
}

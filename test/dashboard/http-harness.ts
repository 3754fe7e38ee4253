import { type IncomingHttpHeaders, request } from 'node:http';
import type { Clock } from '../../agent/core/clock.ts';
import type { DashboardSources } from '../../agent/dashboard/dashboard-sources.ts';
import { HttpServer, type HttpServerOptions } from '../../agent/dashboard/http-server.ts';
import { LiveFeed } from '../../agent/dashboard/live-feed.ts';
import { createTestBaselines } from '../baseline/test-baselines.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { createStatus } from './sample-agent.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server on a free port of loopback, with sources that a test replaces as it needs. */
export class HttpHarness {
  readonly clock: Clock;
  readonly log = new SilentLogger();
  readonly feed: LiveFeed;
  readonly server: HttpServer;

  constructor(
    sources: Partial<DashboardSources> = {},
    options: HttpServerOptions = {},
    clock: Clock = new ManualClock(),
  ) {
    this.clock = clock;
    this.feed = sources.feed ?? new LiveFeed();
    const complete: DashboardSources = {
      status: () => createStatus(),
      series: () => [],
      metrics: async () => ({ contentType: 'text/plain', text: 'up 1\n' }),
      taking: () => true,
      feed: this.feed,
      baselines: createTestBaselines(clock).baselines,
      ...sources,
    };
    this.server = new HttpServer(
      { listen: { address: '127.0.0.1:0' }, ...options },
      complete,
      clock,
      this.log,
    );
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.server.addresses.http ?? '')?.[1]);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.server.stop(AbortSignal.abort());
  }

  /** As `fetch`, but with any header. */
  get(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
    sending = '',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path, headers, method, agent: false };
      const sent = request(options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
      sent.on('error', reject).end(sending);
    });
  }
}

import { createExporters, createExposition, createHistory } from '../exporters/index.ts';
import { agentStatus } from './agent-status.ts';
import type { Config } from './config/config.ts';
import type { Identity } from './config/identity.ts';
import type { Clock } from './core/clock.ts';
import type { Component } from './core/component.ts';
import type { Database } from './core/database.ts';
import type { Degradation, HealthSource } from './core/health.ts';
import type { Logger } from './core/logger.ts';
import type { Point, Tags } from './core/point.ts';
import type { AgentStatus } from './core/status.ts';
import { HttpServer } from './dashboard/http-server.ts';
import { LiveFeed } from './dashboard/live-feed.ts';
import { Delivery } from './delivery/delivery.ts';
import { Checkpointer } from './flush/checkpointer.ts';
import { FlushLoop } from './flush/flush-loop.ts';
import type { ProcessReader } from './flush/process-reader.ts';
import { SamplerLoop } from './flush/sampler-loop.ts';
import { SelfPoints } from './flush/self-points.ts';
import { HostSampler } from './host/host-sampler.ts';
import { SpanIntake } from './ingest/span-intake.ts';
import { SpanServer } from './ingest/span-server.ts';
import { SqliteThread } from './store/sqlite-thread.ts';
import { Aggregator } from './window/aggregator.ts';

/** A window is first written this long after its end. */
const GRACE_MS = 2000;
const MAX_NEW_SERIES_PER_DAY = 10_000;
/** State beside the outbox: slices, series, dedupe memory. */
const STATE_BYTES = 256 * 2 ** 20;

/** What the agent gets from the process it runs in. */
export interface AgentEdge {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly process: ProcessReader;
  readonly yieldToLoop: () => Promise<void>;
  readonly identity: Identity;
  readonly version: string;
}

/** Everything that was built for one run. */
export interface AgentParts {
  readonly config: Config;
  readonly identity: Identity;
  readonly aggregator: Aggregator;
  readonly intake: SpanIntake;
  readonly delivery: Delivery;
  readonly spanServer: SpanServer;
  readonly httpServer: HttpServer;
  readonly samplers: readonly SamplerLoop[];
  readonly checkpointer: Checkpointer;
  readonly health: readonly HealthSource[];
  /** In the order in which they start. */
  readonly components: readonly Component[];
}

/** The whole program: builds the components, starts them in order, stops them in reverse. */
export class Agent {
  readonly #config: Config;
  readonly #edge: AgentEdge;
  readonly #store: SqliteThread;
  readonly #startedMs: number;
  #started: Component[] = [];
  #parts: AgentParts | undefined;

  constructor(config: Config, edge: AgentEdge) {
    this.#config = config;
    this.#edge = edge;
    this.#store = new SqliteThread(config.dataDir, edge.clock, edge.log);
    this.#startedMs = edge.clock.wallMs();
  }

  /** Rejects if spans cannot be taken; what had started is stopped then. */
  async start(): Promise<void> {
    try {
      await this.#begin(this.#store);
      const parts = await this.#build();
      await parts.checkpointer.restore();
      for (const component of parts.components) await this.#begin(component);
      void this.#store
        .check()
        .catch((err) => this.#edge.log.warn({ err }, 'the data directory was not checked'));
    } catch (error) {
      await this.stop(AbortSignal.timeout(GRACE_MS));
      throw error;
    }
  }

  /** Never rejects; a component that fails to stop is said in the log. */
  async stop(deadline: AbortSignal): Promise<void> {
    const started = this.#started;
    this.#started = [];
    for (const component of started.reverse()) {
      await component
        .stop(deadline)
        .catch((err) => this.#edge.log.error({ err }, `${component.name} did not stop`));
    }
  }

  /** What is listened on, by config key. */
  addresses(): Readonly<Record<string, string>> {
    return this.#parts === undefined
      ? {}
      : { ...this.#parts.spanServer.addresses(), ...this.#parts.httpServer.addresses };
  }

  status(): AgentStatus {
    if (this.#parts === undefined) throw new Error('bug: the agent has no status before it was built');
    return agentStatus(this.#parts, {
      version: this.#edge.version,
      startedMs: this.#startedMs,
      nowMs: this.#edge.clock.wallMs(),
      addresses: this.addresses(),
      degraded: this.#degradations(this.#parts),
    });
  }

  async #begin(component: Component): Promise<void> {
    this.#started.push(component);
    await component.start();
  }

  #degradations(parts: AgentParts): readonly Degradation[] {
    return [this.#store, ...parts.health].flatMap((source) => source.degradations());
  }

  async #build(): Promise<AgentParts> {
    const config = this.#config;
    const outboxBytes = config.exporters.influxdb === undefined ? 0 : config.limits.outboxBytes;
    const database = await this.#store.open('state.db', {
      synchronous: 'full',
      maxBytes: STATE_BYTES + 2 * outboxBytes,
    });
    const { local } = config.exporters;
    const history =
      local && (await this.#store.open('history.db', { synchronous: 'normal', maxBytes: local.maxBytes }));
    this.#parts = this.#assemble(database, history);
    return this.#parts;
  }

  #assemble(database: Database, history: Database | undefined): AgentParts {
    const { clock, log, identity, random } = this.#edge;
    const config = this.#config;
    const baseTags: Tags = { ...identity.tags, host: identity.host, instance: identity.instance };
    const aggregator = this.#createAggregator(baseTags);
    const intake = new SpanIntake(
      { ...config, labelBytes: config.limits.labelBytes },
      aggregator,
      clock,
      log,
    );
    const exporters = createExporters(config.exporters, { clock, history });
    const delivery = new Delivery(
      { exporters, outboxBytes: config.limits.outboxBytes, instance: identity.instance },
      { database, clock, random, log },
    );
    const { grpc, socket } = config.listen;
    const spanServer = new SpanServer(
      { listen: grpc, ...(socket !== undefined && { socketPath: socket }), limits: config.limits },
      intake,
      log,
      clock,
    );
    const samplers = [this.#createHostSampler(baseTags)].map(
      (sampler) => new SamplerLoop(sampler, clock, log),
    );
    const feed = new LiveFeed(history === undefined ? {} : { keepPoints: 0 });
    const httpServer = this.#createHttpServer({ aggregator, history, feed, spanServer });
    const checkpointer = new Checkpointer([aggregator, intake, delivery], database);
    const flush = this.#createFlush({ aggregator, delivery, feed, samplers, checkpointer, baseTags });
    return {
      config,
      identity,
      aggregator,
      intake,
      delivery,
      spanServer,
      httpServer,
      samplers,
      checkpointer,
      health: [flush, delivery, httpServer, hostSampler, ...samplers],
      components: [...exporters, delivery, flush, spanServer, httpServer, ...samplers],
    };
  }

  #createAggregator(baseTags: Tags): Aggregator {
    const { intervalMs, windowsMs, latenessMs, slo, limits } = this.#config;
    const options = {
      intervalMs,
      windowsMs,
      latenessMs,
      graceMs: GRACE_MS,
      maxSeries: limits.series,
      maxNewSeriesPerDay: MAX_NEW_SERIES_PER_DAY,
      objectives: slo,
    };
    return new Aggregator(options, baseTags, this.#edge);
  }

  #createHostSampler(tags: Tags): HostSampler {
    const { intervalMs, watch } = this.#config;
    return new HostSampler({ clock: this.#edge.clock, intervalMs, tags, ...(watch && { watch }) });
  }

  #createHttpServer({
    aggregator,
    history,
    feed,
    spanServer,
  }: {
    aggregator: Aggregator;
    history: Database | undefined;
    feed: LiveFeed;
    spanServer: SpanServer;
  }): HttpServer {
    const { listen, exporters } = this.#config;
    const { clock, log, process } = this.#edge;
    const reader = createHistory(exporters, { clock, history });
    const status = (): AgentStatus => this.status();
    const exposition = createExposition(exporters, { totals: aggregator, status, process });
    return new HttpServer(
      { ...(listen.http && { listen: listen.http }), ...(listen.health && { healthListen: listen.health }) },
      {
        status,
        series: () => aggregator.series(),
        metrics: () => exposition.metrics(),
        ...(reader && { history: reader }),
        feed,
        taking: () => this.#started.includes(spanServer),
      },
      clock,
      log,
    );
  }

  #createFlush({
    aggregator,
    delivery,
    feed,
    samplers,
    checkpointer,
    baseTags,
  }: {
    aggregator: Aggregator;
    delivery: Delivery;
    feed: LiveFeed;
    samplers: readonly SamplerLoop[];
    checkpointer: Checkpointer;
    baseTags: Tags;
  }): FlushLoop {
    const self = new SelfPoints(baseTags, this.#edge.process);
    const publish = (points: readonly Point[]): void => {
      delivery.publish(points);
      feed.publish(points);
    };
    return new FlushLoop(
      {
        windows: aggregator,
        readings: (nowMs) => [
          ...samplers.flatMap((sampler) => sampler.drain()),
          ...self.read(this.status(), nowMs),
        ],
        publish,
        seal: () => delivery.seal(),
        checkpointer,
      },
      this.#edge.clock,
      this.#edge.log,
    );
  }
}

import type { AgentEdge } from './agent-edge.ts';
import { agentStatus } from './agent-status.ts';
import { type AgentParts, assemble } from './assemble.ts';
import type { Config } from './config/config.ts';
import type { Component } from './core/component.ts';
import type { Database } from './core/database.ts';
import type { AgentStatus } from './core/status.ts';
import { SqliteThread } from './store/sqlite-thread.ts';
import type { OpenOptions } from './store/thread-protocol.ts';

/** State beside the outbox: slices, series, dedupe memory. */
export const STATE_BYTES = 256 * 2 ** 20;
/** Nobody can measure the past again. */
const BASELINE_FILE = 'baselines.db';
export const BASELINE_OPTIONS: OpenOptions = { synchronous: 'full', maxBytes: 512 * 2 ** 20, precious: true };
const STOP_AFTER_FAILURE_MS = 2000;

/** The whole program: starts its components in order, stops them in reverse. */
export class Agent {
  readonly #config: Config;
  readonly #edge: AgentEdge;
  readonly #store: SqliteThread;
  readonly #startedMs: number;
  #running: Component[] = [];
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
      const parts = assemble({
        config: this.#config,
        edge: this.#edge,
        state: await this.#openState(),
        history: await this.#openHistory(),
        baselineFile: {
          exists: () => this.#store.has(BASELINE_FILE),
          open: () => this.#store.open(BASELINE_FILE, BASELINE_OPTIONS),
        },
        status: () => this.status(),
        isRunning: (component) => this.#running.includes(component),
      });
      this.#parts = parts;
      await parts.checkpointer.restore();
      for (const component of parts.components) await this.#begin(component);
    } catch (error) {
      await this.stop(AbortSignal.timeout(STOP_AFTER_FAILURE_MS));
      throw error;
    }
    this.#store.check().catch((err) => this.#edge.log.warn({ err }, 'the data directory was not checked'));
  }

  /** Never rejects: a component that fails to stop is said in the log. */
  async stop(deadline: AbortSignal): Promise<void> {
    const running = this.#running;
    this.#running = [];
    for (const component of running.reverse()) {
      await component
        .stop(deadline)
        .catch((err) => this.#edge.log.error({ err }, `${component.name} did not stop`));
    }
  }

  /** What is listened on, by config key. */
  addresses(): Readonly<Record<string, string>> {
    const { spanServer, otlpHttpServer, httpServer } = this.#parts ?? {};
    return { ...spanServer?.addresses(), ...otlpHttpServer?.addresses(), ...httpServer?.addresses };
  }

  status(): AgentStatus {
    if (this.#parts === undefined) throw new Error('bug: the agent has no status before it was built');
    return agentStatus(this.#parts, {
      config: this.#config,
      identity: this.#edge.identity,
      version: this.#edge.version,
      startedMs: this.#startedMs,
      nowMs: this.#edge.clock.wallMs(),
      addresses: this.addresses(),
      degraded: [this.#store, ...this.#parts.health].flatMap((source) => source.degradations()),
    });
  }

  async #begin(component: Component): Promise<void> {
    this.#running.push(component);
    await component.start();
  }

  /** The outbox is bounded by its own limit; a page that is freed is not at once a page less. */
  #openState(): Promise<Database> {
    const outboxBytes = this.#config.exporters.influxdb === undefined ? 0 : this.#config.limits.outboxBytes;
    return this.#store.open('state.db', { synchronous: 'full', maxBytes: STATE_BYTES + 2 * outboxBytes });
  }

  async #openHistory(): Promise<Database | undefined> {
    const { local } = this.#config.exporters;
    return local && this.#store.open('history.db', { synchronous: 'normal', maxBytes: local.maxBytes });
  }
}

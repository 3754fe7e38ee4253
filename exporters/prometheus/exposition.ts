import { Registry } from 'prom-client';
import type { AgentStatus } from '../../agent/core/status.ts';
import type { TotalsReader } from '../../agent/core/totals.ts';
import { AgentMetrics, type ProcessFigures } from './agent-metrics.ts';
import { writeRequestMetrics } from './request-metrics.ts';

/** An answer to a scrape. */
export interface MetricsAnswer {
  readonly contentType: string;
  readonly text: string;
}

/** What there is to expose; without `totals`, the agent's own figures alone. */
export interface ExpositionSources {
  readonly totals?: TotalsReader | undefined;
  readonly status: () => AgentStatus;
  readonly process?: ProcessFigures | undefined;
}

/**
 * `/metrics` in Prometheus' text format: counters and histograms since the start, never windows. Pull-based, so
 * no `Exporter`: nothing is kept between scrapes.
 */
export class PrometheusExposition {
  readonly #totals: TotalsReader | undefined;
  readonly #agent: AgentMetrics;
  #underWay: Promise<MetricsAnswer> | undefined;

  constructor({ totals, status, process }: ExpositionSources) {
    this.#totals = totals;
    this.#agent = new AgentMetrics(status, process);
  }

  /** Scrapes that come while one is under way get its answer. */
  metrics(): Promise<MetricsAnswer> {
    this.#underWay ??= this.#write().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #write(): Promise<MetricsAnswer> {
    const agent = await this.#agent.write();
    const requests = this.#totals === undefined ? '' : await writeRequestMetrics(this.#totals);
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: agent + requests };
  }
}

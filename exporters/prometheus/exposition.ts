import type { AgentStatus } from '../../agent/core/status.ts';
import type { TotalsReader } from '../../agent/core/totals.ts';
import type { AgentMetrics, ProcessFigures } from './agent-metrics.ts';
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
  readonly #sources: ExpositionSources;
  #agent: Promise<AgentMetrics> | undefined;
  #underWay: Promise<MetricsAnswer> | undefined;

  constructor(sources: ExpositionSources) {
    this.#sources = sources;
  }

  /** Scrapes that come while one is under way get its answer. */
  metrics(): Promise<MetricsAnswer> {
    this.#underWay ??= this.#write().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #write(): Promise<MetricsAnswer> {
    const { totals } = this.#sources;
    this.#agent ??= this.#loadAgentMetrics();
    const { contentType, text } = await (await this.#agent).write();
    const requests = totals === undefined ? '' : await writeRequestMetrics(totals);
    return { contentType, text: text + requests };
  }

  /** prom-client is loaded by the first scrape: an agent that nobody scrapes does without its 7 MB. */
  async #loadAgentMetrics(): Promise<AgentMetrics> {
    const { AgentMetrics } = await import('./agent-metrics.ts');
    return new AgentMetrics(this.#sources.status, this.#sources.process);
  }
}

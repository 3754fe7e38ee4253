import { Counter, Gauge, Registry } from 'prom-client';
import { infermeter } from '../../agent/core/catalog/infermeter.ts';
import type { AgentStatus, ExporterStatus, OperatorCounts, SourceCounts } from '../../agent/core/status.ts';

/** What the exposition reads of the agent's own process. */
export interface ProcessFigures {
  /** CPU time since the start, user and system. */
  cpuSeconds(): number;
  memoryRssBytes(): number;
}

type Labels = Readonly<Record<string, string>>;
/** One value with its labels; undefined: unknown, so not shown. */
type Sample = readonly [labels: Labels, value: number | undefined];
type Reading = (status: AgentStatus) => readonly Sample[];

/** The figures of the measurement `infermeter`, under its names and with its help. */
const CATALOG_READINGS: Partial<Readonly<Record<keyof typeof infermeter.fields, Reading>>> = {
  spans_received_total: perSource((counts) => counts.received),
  spans_accepted_total: perSource((counts) => counts.accepted),
  spans_duplicate_total: perSource((counts) => counts.duplicate),
  spans_rejected_total: ({ sources }) =>
    sources.flatMap(({ source, rejected }) =>
      Object.entries(rejected).map(([reason, count]): Sample => [{ source, reason }, count]),
    ),
  spans_ignored_total: ({ sources }) =>
    sources.flatMap(({ source, ignored }) =>
      Object.entries(ignored).map(([reason, count]): Sample => [{ source, reason }, count]),
    ),
  messages_malformed_total: ({ sources, operators }) =>
    [...sources, operators].map(({ source, malformed }): Sample => [{ source }, malformed]),
  messages_discarded_total: perSource((counts) => counts.discarded),
  messages_refused_total: ({ ingest }) =>
    Object.entries(ingest.refused).map(([reason, count]): Sample => [{ reason }, count]),
  receiving_bytes: ({ ingest }) => [[{}, ingest.receivingBytes]],
  spans_waiting: ({ ingest }) => [[{}, ingest.waiting]],
  spans_hurried_total: ({ ingest }) => [[{}, ingest.hurried]],
  client_dropped_total: perSource((counts) => counts.clientDropped),
  profiles_total: ofOperators((counts) => counts.profiles),
  operators_received_total: ofOperators((counts) => counts.received),
  operators_accepted_total: ofOperators((counts) => counts.accepted),
  operators_duplicate_total: ofOperators((counts) => counts.duplicate),
  operators_rejected_total: ({ operators: { source, rejected } }) =>
    Object.entries(rejected).map(([reason, count]): Sample => [{ source, reason }, count]),
  forwarded_total: ({ forward }) => [[{}, forward?.forwarded]],
  forward_failed_total: ({ forward }) => [[{}, forward?.failed]],
  forward_dropped_total: ({ forward }) =>
    Object.entries(forward?.dropped ?? {}).map(([reason, count]): Sample => [{ reason }, count]),
  forward_rejected_total: ({ forward }) => [[{}, forward?.rejectedItems]],
  forward_retries_total: ({ forward }) => [[{}, forward?.retries]],
  forward_waiting: ({ forward }) => [[{}, forward?.waiting]],
  forward_waiting_bytes: ({ forward }) => [[{}, forward?.waitingBytes]],
  series: ({ window }) => [[{}, window.series]],
  spans_overflowed_total: ({ window }) => [[{}, window.overflowedSpans]],
  unwatched_seconds_total: ({ window }) => [[{}, window.unwatchedMs / 1000]],
  flush_seconds: ({ window }) => [[{}, window.flushMs / 1000]],
  outbox_bytes: ({ outbox }) => [[{}, outbox?.bytes]],
  outbox_points: ({ outbox }) => [[{}, outbox?.points]],
  outbox_oldest_seconds: ({ outbox }) => [[{}, outbox && outbox.oldestMs / 1000]],
  outbox_remaining_seconds: ({ outbox }) => [[{}, outbox?.remainingSeconds]],
  points_exported_total: perExporter((exporter) => exporter.pointsExported),
  points_rejected_total: perExporter((exporter) => exporter.pointsRejected),
  points_dropped_total: perExporter((exporter) => exporter.pointsDropped),
  exports_total: perExporter((exporter) => exporter.exports),
  exports_failed_total: perExporter((exporter) => exporter.exportsFailed),
  export_seconds: perExporter(({ exportMs }) => exportMs && exportMs / 1000),
  waiting_points: perExporter((exporter) => exporter.waitingPoints),
  waiting_seconds: perExporter((exporter) => exporter.waitingMs / 1000),
  poll_success: ({ samplers }) => samplers.map(({ name, ok }) => [{ sampler: name }, ok ? 1 : 0]),
  polls_failed_total: ({ samplers }) =>
    samplers.map(({ name, pollsFailed }) => [{ sampler: name }, pollsFailed]),
  gpus_lost: ({ gpu }) => (gpu.source === 'none' ? [] : [[{}, gpu.lost.length]]),
  reader_restarts_total: ({ gpu }) => (gpu.source === 'none' ? [] : [[{}, gpu.restarts]]),
  poll_seconds: ({ samplers }) => samplers.map(({ name, pollMs }) => [{ sampler: name }, pollMs / 1000]),
};

/** Of all metrics together: prom-client wants to know them before. */
const LABEL_NAMES = ['source', 'reason', 'exporter', 'sampler', 'component', 'state', 'version', 'node'];

/** What only makes sense for a scraper. */
const OTHER_READINGS: readonly [name: string, help: string, read: Reading][] = [
  [
    'infermeter_build_info',
    '1, with the version of the agent and the node that runs it.',
    ({ version, host }) => [[{ version, node: host }, 1]],
  ],
  [
    'infermeter_degraded',
    '1 for each component that is in trouble; /api/v1/status says why.',
    ({ degraded }) => degraded.map(({ component }) => [{ component }, 1]),
  ],
  ['infermeter_series_limit', 'Bound of the open series.', ({ window }) => [[{}, window.maxSeries]]],
  ['infermeter_outbox_max_bytes', 'Bound of the outbox.', ({ outbox }) => [[{}, outbox?.maxBytes]]],
  [
    'infermeter_exporter_state',
    '1 for the state that the exporter is in: idle, ok, retrying or holding.',
    ({ exporters }) => exporters.map(({ name, state }) => [{ exporter: name, state }, 1]),
  ],
  [
    'process_start_time_seconds',
    'Start of the agent, Unix time.',
    ({ startedMs }) => [[{}, startedMs / 1000]],
  ],
];

/** The agent on itself, read from its status when it is scraped. */
export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #status: () => AgentStatus;
  /** Of the scrape under way, so that its figures agree with each other. */
  #current: AgentStatus | undefined;

  constructor(status: () => AgentStatus, own: ProcessFigures | undefined) {
    this.#status = status;
    for (const [field, read] of Object.entries(CATALOG_READINGS)) {
      const { help } = infermeter.fields[field as keyof typeof CATALOG_READINGS];
      this.#register(`infermeter_${field}`, help, () => this.#read(read));
    }
    for (const [name, help, read] of OTHER_READINGS) this.#register(name, help, () => this.#read(read));
    if (own === undefined) return;
    const cpu = (): Sample[] => [[{}, own.cpuSeconds()]];
    const memory = (): Sample[] => [[{}, own.memoryRssBytes()]];
    this.#register('process_cpu_seconds_total', 'CPU time of the agent, user and system.', cpu);
    this.#register('process_resident_memory_bytes', 'Resident memory of the agent.', memory);
  }

  /** In the text format. One call at a time. */
  async write(): Promise<{ contentType: string; text: string }> {
    this.#current = this.#status();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #read(read: Reading): readonly Sample[] {
    return this.#current === undefined ? [] : read(this.#current);
  }

  /** A counter where the name says so, else a gauge; its samples are replaced at each scrape. */
  #register(name: string, help: string, read: () => readonly Sample[]): void {
    const shape = { name, help, labelNames: LABEL_NAMES, registers: [this.#registry] };
    if (!name.endsWith('_total')) {
      const gauge: Gauge = new Gauge({ ...shape, collect: () => collectInto(gauge, gauge.set, read()) });
      return;
    }
    const counter: Counter = new Counter({
      ...shape,
      collect: () => collectInto(counter, counter.inc, read()),
    });
  }
}

function collectInto<M extends { reset(): void }>(
  metric: M,
  put: (this: M, labels: Labels, value: number) => void,
  samples: readonly Sample[],
): void {
  metric.reset();
  for (const [labels, value] of samples) if (value !== undefined) put.call(metric, labels, value);
}

function perSource(read: (counts: SourceCounts) => number): Reading {
  return ({ sources }) => sources.map((counts) => [{ source: counts.source }, read(counts)]);
}

function ofOperators(read: (counts: OperatorCounts) => number): Reading {
  return ({ operators }) => [[{ source: operators.source }, read(operators)]];
}

function perExporter(read: (exporter: ExporterStatus) => number | undefined): Reading {
  return ({ exporters }) => exporters.map((exporter) => [{ exporter: exporter.name }, read(exporter)]);
}

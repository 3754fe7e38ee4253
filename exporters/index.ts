import type { Clock } from '../agent/core/clock.ts';
import type { Database } from '../agent/core/database.ts';
import type { CheckableExporter } from '../agent/core/exporter.ts';
import { InfluxdbExporter } from './influxdb/exporter.ts';
import type { InfluxdbOptions } from './influxdb/options.ts';
import { LocalExporter } from './local/exporter.ts';
import { LocalHistory } from './local/local-history.ts';
import type { LocalOptions } from './local/options.ts';
import { type ExpositionSources, PrometheusExposition } from './prometheus/exposition.ts';

/** The config's section `exporters`. What is absent is off. */
export interface ExportersOptions {
  readonly influxdb?: InfluxdbOptions | undefined;
  readonly local?: LocalOptions | undefined;
  readonly prometheus?: Readonly<Record<string, never>> | undefined;
}

/** What exporters are given beside their options. */
export interface ExporterContext {
  readonly clock: Clock;
  /** For the local history alone; without it that exporter is off. */
  readonly history?: Database | undefined;
}

/** Every exporter there is: a new one is a line here, and a key above. */
const EXPORTERS: readonly ((
  options: ExportersOptions,
  context: ExporterContext,
) => CheckableExporter | undefined)[] = [
  ({ influxdb }, { clock }) => influxdb && new InfluxdbExporter(influxdb, clock),
  ({ local }, { clock, history }) => local && history && new LocalExporter(local, history, clock),
];

/** The exporters that are configured, for delivery; not started. */
export function createExporters(
  options: ExportersOptions,
  context: ExporterContext,
): readonly CheckableExporter[] {
  return EXPORTERS.map((create) => create(options, context)).filter((exporter) => exporter !== undefined);
}

/** What reads the points that the local exporter keeps; undefined where that is off. */
export function createHistory(
  { local }: ExportersOptions,
  { history }: ExporterContext,
): LocalHistory | undefined {
  return local && history && new LocalHistory(history);
}

/** `/metrics`: the agent's own figures always, those of the requests where `prometheus` is on. */
export function createExposition(
  { prometheus }: ExportersOptions,
  { totals, status, process }: ExpositionSources,
): PrometheusExposition {
  return new PrometheusExposition({ totals: prometheus && totals, status, process });
}

import type { Rule } from '@grafana/grafana-foundation-sdk/alerting';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE_UID } from './datasource.ts';
import { influxqlTarget } from './influxql.ts';

/** One alert: a figure by tags, reduced to its latest value, against a bound. */
export interface AlertSpec {
  /** Of the rule's address; never changes. */
  readonly name: string;
  readonly title: string;
  readonly severity: 'critical' | 'warning';
  /** InfluxQL with `$timeFilter`, grouped by the tags that its alerts have as labels. */
  readonly query: string;
  /** Seconds before now: from, to. What ends later may still be provisional. */
  readonly range: readonly [fromSeconds: number, toSeconds: number];
  readonly fires: { readonly when: 'gt' | 'lt'; readonly bound: number };
  /** Only where this other figure, of the same tags and range, is below its bound too. */
  readonly unless?: { readonly query: string; readonly bound: number };
  /** How long it must hold. */
  readonly for: string;
  /** With the labels of the alert as `{{ .Labels.model }}`, and the value as `{{ .Values.B }}`. */
  readonly summary: string;
  readonly meaning: string;
  /** What to do. */
  readonly todo: string;
  /** The panel that shows it: dashboard and title. */
  readonly panel: readonly [dashboard: string, title: string];
}

/** A rule as Grafana's files have it; the group and its folder stand around it. */
export type ProvisionedRule = Pick<
  Rule,
  'uid' | 'title' | 'condition' | 'noDataState' | 'execErrState' | 'for'
> &
  Required<Pick<Rule, 'annotations' | 'labels'>> & {
    readonly data: readonly Readonly<Record<string, unknown>>[];
    readonly dashboardUid: string;
    readonly panelId: number;
  };

const EXPRESSIONS = { type: '__expr__', uid: '__expr__' };

/** No data is no alert: a model without requests, a machine without GPU. */
export function alertRule(spec: AlertSpec, dashboards: readonly Dashboard[]): ProvisionedRule {
  return {
    uid: `infermeter-${spec.name}`,
    title: spec.title,
    condition: 'C',
    data: [
      query('A', spec.query, spec.range),
      reduced('B', 'A'),
      ...(spec.unless === undefined ? [threshold(spec)] : exception(spec, spec.unless)),
    ],
    noDataState: 'OK',
    execErrState: 'Error',
    for: spec.for,
    annotations: { summary: spec.summary, description: spec.meaning, what_to_do: spec.todo },
    labels: { severity: spec.severity, source: 'infermeter' },
    ...panelOf(spec, dashboards),
  };
}

function query(refId: string, influxql: string, [from, to]: AlertSpec['range']) {
  const datasource = { type: 'influxdb', uid: DATASOURCE_UID };
  const model = {
    ...influxqlTarget(influxql)(refId).build(),
    datasource,
    intervalMs: 60_000,
    maxDataPoints: 1000,
  };
  return { refId, relativeTimeRange: { from, to }, datasourceUid: DATASOURCE_UID, model };
}

function expression(refId: string, model: Readonly<Record<string, unknown>>) {
  return {
    refId,
    relativeTimeRange: { from: 0, to: 0 },
    datasourceUid: EXPRESSIONS.uid,
    model: { refId, datasource: EXPRESSIONS, ...model },
  };
}

function reduced(refId: string, of: string) {
  return expression(refId, { type: 'reduce', expression: of, reducer: 'last', settings: { mode: 'dropNN' } });
}

function threshold({ fires }: AlertSpec) {
  const evaluator = { type: fires.when, params: [fires.bound] };
  return expression('C', { type: 'threshold', expression: 'B', conditions: [{ evaluator }] });
}

function exception(spec: AlertSpec, { query: influxql, bound }: NonNullable<AlertSpec['unless']>) {
  const sign = spec.fires.when === 'gt' ? '>' : '<';
  const both = `$B ${sign} ${spec.fires.bound} && $E < ${bound}`;
  return [
    query('D', influxql, spec.range),
    reduced('E', 'D'),
    expression('C', { type: 'math', expression: both }),
  ];
}

function panelOf({ panel: [name, title] }: AlertSpec, dashboards: readonly Dashboard[]) {
  const dashboardUid = `infermeter-${name}`;
  const board = dashboards.find(({ uid }) => uid === dashboardUid);
  const panelId = board?.panels?.find((panel) => panel.title === title && panel.type !== 'row')?.id;
  if (panelId === undefined) throw new Error(`bug: ${dashboardUid} has no panel ${title}`);
  return { dashboardUid, panelId };
}

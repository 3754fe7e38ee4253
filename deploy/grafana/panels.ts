import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  GraphDrawStyle,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE } from './datasource.ts';

/** A line breaks where nothing came for longer than this; with longer steps, where one is empty. */
const GAP_MS = 150_000;

type Target = (refId: string) => Builder<Dataquery>;

interface PanelSpec {
  readonly title: string;
  /** What the figure means, and how it errs. */
  readonly text: string;
  readonly unit: string;
  readonly targets: readonly Target[];
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
}

/** Lines over time. */
export interface ChartSpec extends PanelSpec {
  readonly stacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** The least step; points are no closer. */
  readonly interval?: string;
  /** A panel for each value of this variable. */
  readonly repeat?: string;
  /** Lines and areas between them, by the names of series. */
  readonly overrides?: readonly Override[];
}

/** How some series or columns of a panel differ from the others. */
export interface Override {
  /** Series or columns that this pattern matches. */
  readonly pattern: string;
  readonly properties: DynamicConfigValue[];
}

/** Lines over time. */
export function chart(spec: ChartSpec): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(spec.stacked ? 40 : 0)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(GAP_MS)
    .stacking(new StackingConfigBuilder().mode(spec.stacked ? StackingMode.Normal : StackingMode.None))
    .interval(spec.interval ?? '10s')
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.repeat !== undefined) panel.repeat(spec.repeat).repeatDirection('h').maxPerRow(3);
  for (const { pattern, properties } of spec.overrides ?? []) panel.overrideByRegexp(pattern, properties);
  return described(panel, spec);
}

/** One large figure. */
export interface StatSpec extends PanelSpec {
  /** Colours, each from its value on; the first from the least value. Without: one colour. */
  readonly steps?: readonly (readonly [from: number | null, color: string])[];
}

/** The mean of each series over its steps, large; most have but one. */
export function figure(spec: StatSpec): stat.PanelBuilder {
  const steps = (spec.steps ?? [[null, 'text']]).map(([value, color]) => ({ value, color }));
  const panel = new stat.PanelBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['mean']).values(false))
    .interval('10s')
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
  return described(panel, { height: 4, ...spec });
}

/** Rows by tags. */
export interface TableSpec extends PanelSpec {
  /** Grafana's unit of each column. */
  readonly columns: Readonly<Record<string, string>>;
  readonly sortBy?: string;
}

/** Rows by tags; the answers of all targets side by side. */
export function grid(spec: TableSpec): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .showHeader(true)
    .filterable(true)
    .transformations([
      // Figures of one range have different times, and would not fall into one row.
      { id: 'filterFieldsByName', options: { exclude: { pattern: '/^time$/i' } } },
      { id: 'merge', options: {} },
    ]);
  if (spec.sortBy !== undefined)
    panel.sortBy([{ build: () => ({ displayName: spec.sortBy ?? '', desc: true }) }]);
  for (const [column, unit] of Object.entries(spec.columns))
    panel.overrideByName(column, [{ id: 'unit', value: unit }]);
  return described(panel, spec);
}

/** Counts by bound and time. */
export interface HeatMapSpec extends PanelSpec {
  /** Of the bounds; `unit` is that of the counts. */
  readonly boundUnit: string;
}

/** Counts by bound and time; series are named after their upper bounds. */
export function heatMap(spec: HeatMapSpec): heatmap.PanelBuilder {
  const panel = new heatmap.PanelBuilder()
    .calculate(false)
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .scale(heatmap.HeatmapColorScale.Exponential),
    )
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Le))
    .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.boundUnit).decimals(1))
    .cellValues(new heatmap.CellValuesBuilder().unit('short').decimals(0))
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
    .interval('1m')
    .showLegend();
  return described(panel, spec);
}

interface DescribedBuilder {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  unit(unit: string): this;
  targets(targets: Builder<Dataquery>[]): this;
  span(width: number): this;
  height(height: number): this;
}

function described<T extends DescribedBuilder & Builder<Panel>>(panel: T, spec: PanelSpec): T {
  return panel
    .title(spec.title)
    .description(spec.text)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .targets(spec.targets.map((target, index) => target(String.fromCharCode(65 + index))))
    .span(spec.width)
    .height(spec.height ?? 8);
}

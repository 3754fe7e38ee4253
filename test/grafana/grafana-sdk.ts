import type { Rule } from '@grafana/grafana-foundation-sdk/alerting';
import type * as common from '@grafana/grafana-foundation-sdk/common';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type * as expr from '@grafana/grafana-foundation-sdk/expr';
import type * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { InfluxqlTarget } from '../../deploy/grafana/influxql.ts';

/** What Grafana's files are made of, by the SDK's own types; `sdk-schema.ts` makes a schema of them. */
export interface SdkTypes {
  readonly dashboard: Dashboard;
  readonly rule: Rule;
  readonly target: InfluxqlTarget;
  readonly options: {
    readonly timeseries: timeseries.Options;
    readonly stat: stat.Options;
    readonly table: table.Options;
    readonly heatmap: heatmap.Options;
  };
  readonly expression: {
    readonly reduce: expr.TypeReduce;
    readonly threshold: expr.TypeThreshold;
    readonly math: expr.TypeMath;
  };
  readonly custom: {
    readonly timeseries: common.GraphFieldConfig;
    readonly table: common.TableFieldOptions;
    readonly heatmap: heatmap.FieldConfig;
  };
}

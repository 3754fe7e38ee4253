import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './datasource.ts';
import { matches } from './influxql.ts';

type Variable = Builder<VariableModel>;

/** The store, so that a dashboard works with any data source it is imported beside. */
export function datasourceVariable(): Variable {
  return new DatasourceVariableBuilder('datasource').label('Data source').type('influxdb');
}

/** Of the models in a measurement. */
export function modelVariable(measurement = 'inference'): Variable {
  return tagVariable('model', 'Model', `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "model"`);
}

/** Of the chosen models. */
export function variantVariable(measurement = 'inference'): Variable {
  return tagVariable(
    'variant',
    'Variant',
    `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "variant" WHERE ${matches('model')}`,
  );
}

/** Of the agents. */
export function instanceVariable(): Variable {
  return tagVariable('instance', 'Instance', 'SHOW TAG VALUES FROM "infermeter" WITH KEY = "instance"');
}

/** Of the GPUs. */
export function uuidVariable(): Variable {
  return tagVariable('uuid', 'GPU', 'SHOW TAG VALUES FROM "nvidia_smi" WITH KEY = "uuid"');
}

/** Of the baselines that something was compared with. */
export function baselineVariable(): Variable {
  return tagVariable(
    'baseline',
    'Baseline',
    'SHOW TAG VALUES FROM "inference_comparison" WITH KEY = "baseline"',
  );
}

/** One at a time: windows overlap. */
export function windowVariable(): Variable {
  return new QueryVariableBuilder('window')
    .label('Window')
    .description(
      'Length of the window that figures are of. Longer ones are steadier, shorter ones show more.',
    )
    .datasource(DATASOURCE)
    .query('SHOW TAG VALUES FROM "inference" WITH KEY = "window"')
    .current({ text: '1m', value: '1m', selected: true })
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.NaturalAsc);
}

/** All values, one or several. All is `.*`, which also matches points without the tag and stays short. */
function tagVariable(name: string, label: string, query: string): Variable {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

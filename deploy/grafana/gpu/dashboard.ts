import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import {
  datasourceVariable,
  instanceVariable,
  modelVariable,
  uuidVariable,
  variantVariable,
  windowVariable,
} from '../variables.ts';
import { health } from './health.ts';
import { load } from './load.ts';
import { overview } from './overview.ts';
import { pipes } from './pipes.ts';
import { instances, users } from './users.ts';

/** What the GPUs do, and who uses them. */
export function gpuDashboard(): Dashboard {
  return board({
    name: 'gpu',
    title: 'GPU',
    text: 'Utilization, memory, power, tensor cores by kind, and what requests take of them.',
    variables: [
      datasourceVariable(),
      uuidVariable(),
      instanceVariable(),
      modelVariable('inference_gpu'),
      variantVariable('inference_gpu'),
      windowVariable(),
    ],
    rows: [overview(), load(), pipes(), health(), users(), instances()],
  });
}

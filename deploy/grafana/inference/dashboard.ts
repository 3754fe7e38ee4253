import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import {
  datasourceVariable,
  instanceVariable,
  modelVariable,
  variantVariable,
  windowVariable,
} from '../variables.ts';
import { generation } from './generation.ts';
import { latency, replicas } from './latency.ts';
import { overview } from './overview.ts';
import { errors, throughput } from './throughput.ts';

/** What clients of the models see. */
export function inferenceDashboard(): Dashboard {
  return board({
    name: 'inference',
    title: 'Inference',
    text: 'Latency, throughput and errors by model and variant.',
    variables: [
      datasourceVariable(),
      modelVariable(),
      variantVariable(),
      instanceVariable(),
      windowVariable(),
    ],
    rows: [
      overview(),
      { title: 'Latency', panels: [...latency(), ...replicas()] },
      { title: 'Throughput and errors', panels: [...throughput(), ...errors()] },
      generation(),
    ],
  });
}

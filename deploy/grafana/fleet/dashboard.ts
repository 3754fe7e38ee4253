import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import {
  datasourceVariable,
  instanceVariable,
  modelVariable,
  variantVariable,
  windowVariable,
} from '../variables.ts';
import { agents } from './agents.ts';
import { machines } from './machines.ts';
import { queues } from './queues.ts';
import { servers } from './servers.ts';
import { intake } from './spans.ts';

/** Whether the agents are there, see everything, and get it away. */
export function fleetDashboard(): Dashboard {
  return board({
    name: 'fleet',
    title: 'Fleet',
    text: 'The agents: what they watch, what waits, what was lost; and what the inference servers say of themselves.',
    variables: [
      datasourceVariable(),
      instanceVariable(),
      modelVariable(),
      variantVariable(),
      windowVariable(),
    ],
    rows: [agents(), intake(), queues(), servers(), machines()],
  });
}

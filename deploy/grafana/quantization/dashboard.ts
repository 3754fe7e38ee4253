import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import {
  baselineVariable,
  datasourceVariable,
  instanceVariable,
  modelVariable,
  variantVariable,
  windowVariable,
} from '../variables.ts';
import { ratios, verdicts } from './baselines.ts';
import { cost } from './cost.ts';
import { operators } from './operators.ts';
import { variants } from './variants.ts';

/** Is the quantized model better, for whom, and at what cost? */
export function quantizationDashboard(): Dashboard {
  return board({
    name: 'quantization',
    title: 'Quantization',
    text: 'The variants of a model side by side, against each other and against kept baselines.',
    variables: [
      datasourceVariable(),
      modelVariable(),
      variantVariable(),
      baselineVariable(),
      instanceVariable(),
      windowVariable(),
    ],
    rows: [
      variants(),
      { title: 'Against baselines', panels: [verdicts(), ...ratios()] },
      cost(),
      operators(),
    ],
  });
}

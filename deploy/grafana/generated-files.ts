import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { fleetDashboard } from './fleet/dashboard.ts';
import { gpuDashboard } from './gpu/dashboard.ts';
import { inferenceDashboard } from './inference/dashboard.ts';
import { quantizationDashboard } from './quantization/dashboard.ts';

/** A file that Grafana reads. */
export interface GrafanaFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const FOLDER = 'deploy/grafana';

/** Every dashboard, as Grafana imports it. */
export function dashboards(): readonly Dashboard[] {
  return [inferenceDashboard(), gpuDashboard(), quantizationDashboard(), fleetDashboard()];
}

/** All that is generated for Grafana; `npm run docs` writes it. */
export function grafanaFiles(): readonly GrafanaFile[] {
  return dashboards().map((dashboard) => ({
    path: `${FOLDER}/dashboards/${dashboard.uid?.replace('infermeter-', '')}.json`,
    text: `${JSON.stringify(dashboard, null, 2)}\n`,
  }));
}

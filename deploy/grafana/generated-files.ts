import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { fleetDashboard } from './fleet/dashboard.ts';
import { gpuDashboard } from './gpu/dashboard.ts';
import { inferenceDashboard } from './inference/dashboard.ts';
import { alertsFile, dashboardsFile, datasourceFile } from './provisioning.ts';
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
  const boards = dashboards();
  const files = [
    ['provisioning/datasources/infermeter.yaml', datasourceFile('token')],
    ['provisioning-influxdb-1/datasources/infermeter.yaml', datasourceFile('password')],
    ['provisioning/dashboards/infermeter.yaml', dashboardsFile()],
    ['provisioning/alerting/infermeter.yaml', alertsFile(boards)],
    ...boards.map((board) => [
      `dashboards/${board.uid?.replace('infermeter-', '')}.json`,
      `${JSON.stringify(board, null, 2)}\n`,
    ]),
  ] as const;
  return files.map(([path = '', text = '']) => ({ path: `${FOLDER}/${path}`, text }));
}

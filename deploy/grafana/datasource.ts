import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Of the provisioned data source: alert rules cannot choose one, as dashboards do. */
export const DATASOURCE_UID = 'infermeter-influxdb';

/** What the user of a dashboard chooses. */
export const DATASOURCE: DataSourceRef = { type: 'influxdb', uid: '$datasource' };

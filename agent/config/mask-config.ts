import type { Config, InfluxdbConfig } from './config.ts';
import { MASK, maskValues } from './masked-text.ts';

/** The config as logs and pages may show it. */
export function maskConfig(config: Config): Config {
  const { forward } = config;
  return {
    ...config,
    ...(forward && { forward: { ...forward, headers: maskValues(forward.headers) } }),
    exporters: maskExporters(config.exporters),
  };
}

function maskExporters(exporters: Config['exporters']): Config['exporters'] {
  const { influxdb } = exporters;
  if (influxdb === undefined) return exporters;
  const masked: InfluxdbConfig = {
    ...influxdb,
    ...(influxdb.token !== undefined && { token: MASK }),
    ...(influxdb.password !== undefined && { password: MASK }),
  };
  return { ...exporters, influxdb: masked };
}

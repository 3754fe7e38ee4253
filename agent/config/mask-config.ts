import type { Config, InfluxdbConfig } from './config.ts';
import { MASK } from './masked-text.ts';

/** The config as logs and pages may show it. */
export function maskConfig(config: Config): Config {
  const { influxdb } = config.exporters;
  if (influxdb === undefined) return config;
  const masked: InfluxdbConfig = {
    ...influxdb,
    ...(influxdb.token !== undefined && { token: MASK }),
    ...(influxdb.password !== undefined && { password: MASK }),
  };
  return { ...config, exporters: { ...config.exporters, influxdb: masked } };
}

import { createExporters } from '../exporters/index.ts';
import type { CheckResult } from './cli/command-context.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';

const CHECK_WITHIN_MS = 10_000;

/** Tries every store that needs the network once; the local history is looked at with the data directory. */
export async function checkExporters(config: Config, clock: Clock): Promise<readonly CheckResult[]> {
  const exporters = createExporters({ influxdb: config.exporters.influxdb }, { clock });
  return Promise.all(
    exporters.map(async (exporter) => {
      const signal = AbortSignal.timeout(CHECK_WITHIN_MS);
      await exporter.start();
      const { ok, message } = await exporter.check(signal);
      await exporter.stop(signal);
      return { name: `exporters.${exporter.name}`, ok, reason: message };
    }),
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';

const ORIGIN = 'demo';

/**
 * `demo`: the agent with a simulated load of two variants. It reads no config file and no INFLUX_ variables, and keeps
 * its data in a directory that goes with it: simulated figures must not end up among real ones.
 */
export function createDemoCommand(context: CommandContext): Command {
  const command = new Command('demo').description(
    'Run the agent with a simulated load of two variants, its data in a temporary directory.',
  );
  return addConfigOptions(command, { file: false }).action(async (options: ConfigOptionValues) => {
    const directory = await mkdtemp(join(tmpdir(), 'infermeter-demo-'));
    try {
      const presets = [
        { path: ['interval'], text: '2s', origin: ORIGIN },
        { path: ['data_dir'], text: directory, origin: ORIGIN },
        { path: ['log', 'format'], text: 'pretty', origin: ORIGIN },
      ];
      const loaded = await readConfig(context, options, { influxVariables: false, presets });
      if (loaded !== undefined) context.exit(await context.runAgent(loaded.config, { demo: true }));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

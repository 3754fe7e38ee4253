import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';

/** `run`: the agent, until SIGTERM or SIGINT. */
export function createRunCommand(context: CommandContext): Command {
  const command = new Command('run').description('Run the agent until SIGTERM or Ctrl-C.');
  return addConfigOptions(command).action(async (options: ConfigOptionValues) => {
    const loaded = await readConfig(context, options);
    if (loaded !== undefined) context.exit(await context.runAgent(loaded.config, { demo: false }));
  });
}

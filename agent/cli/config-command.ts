import { Command } from 'commander';
import { effectiveValues, effectiveYaml } from '../config/effective-config.ts';
import { referenceTable } from '../config/reference-table.ts';
import { sampleConfig } from '../config/sample.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';

interface Options extends ConfigOptionValues {
  readonly sample?: true;
  readonly markdown?: true;
}

/** `config`: what is in force and where it comes from; or what could be. */
export function createConfigCommand(context: CommandContext): Command {
  const command = new Command('config')
    .description('Print the configuration that `run` would use, each value with its source, secrets masked.')
    .option('--sample', 'print a commented file with every key and its default instead')
    .option('--markdown', 'print the reference table instead')
    .option('--json', 'print a list of {path, value, origin}');
  return addConfigOptions(command).action(async (options: Options) => {
    const text = options.sample ? sampleConfig() : options.markdown ? referenceTable() : undefined;
    if (text === undefined) return printEffective(context, options);
    context.stdout(text);
    context.exit(ExitCode.ok);
  });
}

async function printEffective(context: CommandContext, options: Options): Promise<void> {
  const loaded = await readConfig(context, options);
  if (loaded === undefined) return;
  const values = effectiveValues(loaded.config, loaded.source);
  const rows = values.map(({ path, value, origin }) => ({ path: path.join('.'), value, origin }));
  context.stdout(options.json ? `${JSON.stringify(rows, undefined, 2)}\n` : effectiveYaml(values));
  context.exit(ExitCode.ok);
}

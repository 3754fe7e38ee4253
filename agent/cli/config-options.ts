import type { Command } from 'commander';
import type { Assignment } from '../config/assignments.ts';
import type { Config } from '../config/config.ts';
import { formatProblem } from '../config/config-problem.ts';
import { configFlags, flagAssignments, flagHelp } from '../config/flags.ts';
import { loadConfig } from '../config/load-config.ts';
import { helpLines } from '../config/reference-table.ts';
import type { SourceNode } from '../config/source-node.ts';
import { type CommandContext, ExitCode } from './command-context.ts';

/** What commander hands to an action of a command with config options. */
export interface ConfigOptionValues {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly json?: true;
  readonly [name: string]: unknown;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What was written where. */
  readonly source: SourceNode;
}

interface Offered {
  /** `--config`. */
  readonly file?: boolean;
  /** A flag for each key that is often set by hand, and the list of all keys in `--help`. */
  readonly flags?: boolean;
}

/** The options by which a command takes a config; `--set` always. */
export function addConfigOptions(command: Command, { file = true, flags = true }: Offered = {}): Command {
  if (file) command.option('-c, --config <file>', 'YAML file; `config --sample` prints a commented one');
  for (const flag of flags ? configFlags : []) command.option(flag.flag, flagHelp(flag));
  command.option(
    '--set <key=value>',
    'any key of the config, by its path; repeatable',
    (pair: string, pairs: readonly string[] = []) => [...pairs, pair],
  );
  if (!flags) return command;
  return command.addHelpText('after', `\nKeys and their defaults:\n  ${helpLines().join('\n  ')}\n`);
}

/**
 * The config of all sources. Where it is wrong, says everything that is on standard error (with `--json` on standard
 * output too, as {ok, problems}), sets the exit code and gives undefined.
 */
export async function readConfig(
  context: CommandContext,
  options: ConfigOptionValues,
  { influxVariables = true, presets = [] as readonly Assignment[] } = {},
): Promise<LoadedConfig | undefined> {
  const result = await loadConfig({
    ...(options.config !== undefined && { path: options.config }),
    readFile: context.readFile,
    environment: context.environment,
    flags: flagAssignments(options, options.set ?? []),
    influxVariables,
    presets,
  });
  if (result.ok) return result;
  const { problems } = result;
  const lines = problems.map((problem) => `  ${formatProblem(problem)}\n`);
  context.stderr(`infermeter: the configuration cannot be used:\n${lines.join('')}`);
  if (options.json === true) context.stdout(`${JSON.stringify({ ok: false, problems }, undefined, 2)}\n`);
  context.exit(ExitCode.usage);
  return undefined;
}

import type { Config } from '../../agent/config/config.ts';
import { formatProblem } from '../../agent/config/config-problem.ts';
import { flagAssignments } from '../../agent/config/flags.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';

/** Sources of a config; `flags` are `--set` pairs, `file` is called agent.yaml. */
export interface Given {
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly flags?: readonly string[];
  readonly influx?: boolean;
}

function parse({ file, env = {}, flags = [], influx = false }: Given) {
  return parseConfig({
    ...(file !== undefined && { file: { name: 'agent.yaml', text: file } }),
    environment: env,
    flags: flagAssignments({}, flags),
    influxVariables: influx,
  });
}

/** The config that they make. */
export function configOf(given: Given): Config {
  const result = parse(given);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

/** What is wrong with it. */
export function problemsOf(given: Given): readonly string[] {
  const result = parse(given);
  return result.ok ? [] : result.problems.map(formatProblem);
}

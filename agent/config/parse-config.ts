import { type Assignment, readAssignments } from './assignments.ts';
import { buildConfig } from './build-config.ts';
import { checkSource } from './check-source.ts';
import type { Config } from './config.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type Environment, readEnvironment } from './environment-source.ts';
import { dropEmptyOptions, expandShorthands } from './shorthand.ts';
import { isMap, mergeNodes, nodeAt, type SourceNode } from './source-node.ts';
import { parseYaml, type SourceResult } from './yaml-source.ts';

export interface ConfigSources {
  /** The YAML file; `name` is how messages call it. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment: Environment;
  readonly flags: readonly Assignment[];
  /** Below all other sources, but above the defaults. */
  readonly presets?: readonly Assignment[];
  /** Whether INFLUX_URL and its kin count. */
  readonly influxVariables: boolean;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly source: SourceNode }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** All sources → the config, or everything that is wrong with it at once. Flags beat environment beats file. */
export function parseConfig(sources: ConfigSources): ConfigResult {
  const { file, environment, flags, presets = [], influxVariables } = sources;
  const layers = [
    readAssignments(presets),
    ...(file === undefined ? [] : [readFileText(file)]),
    readEnvironment(environment, { influx: influxVariables }),
    readAssignments(flags),
  ];
  const source = dropEmptyOptions(layers.map(({ node }) => node).reduce(mergeNodes));
  const { parsed, problems: found } = checkSource(source);
  const problems = [...layers.flatMap((layer) => layer.problems), ...found];
  if (problems.length > 0 || parsed === undefined) return { ok: false, problems };
  const windowsChosen = nodeAt(source, ['windows']) !== undefined;
  return { ok: true, config: buildConfig(parsed, windowsChosen), source };
}

function readFileText({ name, text }: { name: string; text: string }): SourceResult {
  const { node, problems } = parseYaml(text, (line) => `${name}:${line}`);
  if (isMap(node) || node.value === '') return { node: expandShorthands(node), problems };
  const message = 'must be a map of keys, such as `interval: 10s`';
  return { node: { ...node, value: new Map() }, problems: [...problems, { key: '', origin: name, message }] };
}

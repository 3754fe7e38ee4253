import { closestName } from './closest-name.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type Entry, entries, environmentName, findEntry } from './option-list.ts';
import { expandShorthands } from './shorthand.ts';
import { mergeNodes, nest, type SourceNode } from './source-node.ts';
import { parseYaml, type SourceResult } from './yaml-source.ts';

/** One key set by a variable or a flag. */
export interface Assignment {
  readonly path: readonly string[];
  /** A scalar as it is; a list, map or section as YAML. */
  readonly text: string;
  /** The variable or flag. */
  readonly origin: string;
}

/** Assignments → one layer of the config; what sets no key is a problem that names the nearest one. */
export function readAssignments(assignments: readonly Assignment[]): SourceResult {
  const problems: ConfigProblem[] = [];
  let layer: SourceNode = { origin: 'default', value: new Map() };
  for (const { path, text, origin } of assignments) {
    const entry = findEntry(path) ?? mapEntryOf(path);
    if (entry === undefined) {
      problems.push(unknownKey(path, origin));
      continue;
    }
    const read = readValue(entry, text, origin);
    problems.push(...read.problems);
    layer = mergeNodes(layer, expandShorthands(nest(path, read.node), path.length));
  }
  return { node: layer, problems };
}

/** `tags.zone` sets one entry of the map `tags`. */
function mapEntryOf(path: readonly string[]): Entry | undefined {
  const parent = findEntry(path.slice(0, -1));
  return parent?.type === 'option' && parent.kind === 'map' ? { ...parent, kind: 'scalar' } : undefined;
}

function readValue(entry: Entry, text: string, origin: string): SourceResult {
  const plain =
    entry.type === 'option' ? entry.kind === 'scalar' : entry.shorthand !== undefined && !/^\s*\{/.test(text);
  if (plain) return { node: { origin, value: text }, problems: [] };
  return parseYaml(text, () => origin);
}

function unknownKey(path: readonly string[], origin: string): ConfigProblem {
  const name = path.join('.');
  const near = closestName(
    name,
    entries.map((entry) => entry.path.join('.')),
  );
  const isVariable = origin.startsWith('INFERMETER_');
  const meant = isVariable ? environmentName(near?.split('.') ?? []) : near;
  const message = near === undefined ? 'unknown key' : `unknown key; did you mean ${meant}?`;
  return { key: isVariable ? origin : name, origin, message };
}

import type { z } from 'zod';
import { closestName } from './closest-name.ts';
import type { ConfigProblem } from './config-problem.ts';
import { findConflicts } from './cross-checks.ts';
import { maskedText } from './masked-text.ts';
import { entries } from './option-list.ts';
import { type ParsedConfig, schema } from './schema.ts';
import {
  changeAt,
  formatPath,
  type KeyPath,
  nodeAt,
  originAt,
  type SourceNode,
  toPlain,
} from './source-node.ts';

type Issue = z.core.$ZodIssue;

export interface CheckedSource {
  /** Absent where there are problems. */
  readonly parsed?: ParsedConfig;
  readonly problems: readonly ConfigProblem[];
}

/**
 * The merged sources against the schema, then key against key. Where a key is wrong by itself the others are
 * still held against each other, with the default in its place, so that one run shows everything there is to mend.
 */
export function checkSource(source: SourceNode): CheckedSource {
  const result = schema.safeParse(toPlain(source));
  if (result.success) {
    const problems = conflictProblems(source, result.data, []);
    return problems.length > 0 ? { problems } : { parsed: result.data, problems };
  }
  const { issues } = result.error;
  const failed = issues.flatMap(failedPaths);
  const rest = failed.reduce((node, path) => changeAt(node, path, () => undefined), source);
  const repaired = schema.safeParse(toPlain(rest));
  const conflicts = repaired.success ? conflictProblems(source, repaired.data, failed) : [];
  return { problems: [...issues.flatMap((issue) => issueProblems(source, issue)), ...conflicts] };
}

function conflictProblems(
  source: SourceNode,
  parsed: ParsedConfig,
  failed: readonly KeyPath[],
): readonly ConfigProblem[] {
  const windowsChosen = nodeAt(source, ['windows']) !== undefined;
  return findConflicts(parsed, windowsChosen)
    .filter(({ paths }) => !paths.some((path) => failed.some((other) => overlap(path, other))))
    .map(({ paths, message }) => problemAt(source, paths[0], message));
}

/** The keys that an issue makes unusable; of something inside a list, the list. */
function failedPaths(issue: Issue): KeyPath[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => optionPath([...issue.path, key]));
  return [optionPath(issue.path)];
}

function optionPath(path: KeyPath): KeyPath {
  const index = path.findIndex((key) => typeof key === 'number');
  return index < 0 ? path : path.slice(0, index);
}

function overlap(left: KeyPath, right: KeyPath): boolean {
  return left.slice(0, right.length).every((key, index) => key === right[index]);
}

function issueProblems(source: SourceNode, issue: Issue): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(source, issue.path, key));
  }
  const missing = nodeAt(source, issue.path) === undefined;
  return [problemAt(source, issue.path, missing ? 'is missing' : describe(source, issue))];
}

function unknownKey(source: SourceNode, parent: KeyPath, key: string): ConfigProblem {
  const path = [...parent, key];
  const siblings = entries
    .filter((entry) => entry.path.slice(0, -1).join('.') === parent.join('.'))
    .map((entry) => entry.path.at(-1) ?? '');
  const near = closestName(key, siblings);
  const message = near === undefined ? 'unknown key' : `unknown key; did you mean ${near}?`;
  return { key: formatPath(path), origin: originAt(source, path), message };
}

function describe(source: SourceNode, issue: Issue): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'too_big':
      return `must have at most ${issue.maximum} entries`;
    case 'invalid_type':
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${kindOf(nodeAt(source, issue.path))}`;
    default:
      throw new Error(`bug: no words for a config issue of kind ${issue.code}`);
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a single value',
  array: 'a list, such as [a, b]',
  object: 'a map of keys',
  record: 'a map of keys',
};

function kindOf(node: SourceNode | undefined): string {
  if (typeof node?.value === 'string') return 'a single value';
  return node?.value instanceof Map ? 'a map of keys' : 'a list';
}

function problemAt(source: SourceNode, path: KeyPath, message: string): ConfigProblem {
  const written = nodeAt(source, path)?.value;
  const value = typeof written === 'string' ? maskedText(path, JSON.stringify(written)) : undefined;
  const origin = originAt(source, path);
  return { key: formatPath(path), origin, ...(value !== undefined && { value }), message };
}

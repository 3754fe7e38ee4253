import { options, type Section, sections } from './option-list.ts';
import { changeAt, isMap, type SourceNode } from './source-node.ts';

/**
 * Writes short forms out: `grpc: 127.0.0.1:4317` as `{address: …}`, `local: false` as `{enabled: false}`, `local: {}`
 * as `{enabled: true}`, and an empty section, list or map as just that. Only at `depth` or below: a single key
 * set inside a section does not turn the section on.
 */
export function expandShorthands(root: SourceNode, depth = 0): SourceNode {
  let expanded = root;
  for (const section of sections.filter(({ path }) => path.length >= depth)) {
    expanded = changeAt(expanded, section.path, (node) => expandSection(section, node));
  }
  for (const { path, kind } of options.filter((option) => option.kind !== 'scalar')) {
    expanded = changeAt(expanded, path, (node) =>
      node.value === '' ? { ...node, value: kind === 'list' ? [] : new Map() } : node,
    );
  }
  return expanded;
}

/** Leaves out keys that were set to nothing and have no default: `url: ""` is no url. */
export function dropEmptyOptions(root: SourceNode): SourceNode {
  return options
    .filter((option) => option.kind === 'scalar' && option.default === undefined)
    .reduce((node, { path }) => changeAt(node, path, (leaf) => (leaf.value === '' ? undefined : leaf)), root);
}

function expandSection({ shorthand }: Section, node: SourceNode): SourceNode {
  if (typeof node.value === 'string') {
    if (shorthand === undefined) return node.value === '' ? { ...node, value: new Map() } : node;
    const value = shorthand === 'enabled' && node.value === '' ? 'true' : node.value;
    return { ...node, value: new Map([[shorthand, { origin: node.origin, value }]]) };
  }
  if (shorthand !== 'enabled' || !isMap(node) || node.value.has('enabled')) return node;
  return { ...node, value: new Map([...node.value, ['enabled', { origin: node.origin, value: 'true' }]]) };
}

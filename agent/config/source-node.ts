/**
 * A value as some source wrote it, with where that was (`infermeter.yaml:3`, an environment variable, a flag).
 * Everything is text until the schema reads it, so that file, environment and flags follow the same rules.
 */
export interface SourceNode {
  readonly origin: string;
  readonly value: string | readonly SourceNode[] | SourceMap;
}

export type SourceMap = ReadonlyMap<string, SourceNode>;
export type KeyPath = readonly PropertyKey[];

/** `listen.grpc.address`, `slo[0].latency`. */
export function formatPath(path: KeyPath): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join('');
}

export function isMap(node: SourceNode | undefined): node is SourceNode & { readonly value: SourceMap } {
  return node?.value instanceof Map;
}

/** Strings, arrays and objects, as the schema takes them. */
export function toPlain({ value }: SourceNode): unknown {
  if (typeof value === 'string') return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, node]) => [key, toPlain(node)]));
  return (value as readonly SourceNode[]).map(toPlain);
}

/** The node at `path`; undefined where nothing was written. */
export function nodeAt(root: SourceNode, path: KeyPath): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const key of path) node = childOf(node, key);
  return node;
}

/** Where the value at `path`, or the closest thing around it, was written; `default` if nowhere. */
export function originAt(root: SourceNode, path: KeyPath): string {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node !== undefined) return node.origin;
  }
  return 'default';
}

/** Maps are merged key by key; of everything else the later one stands. */
export function mergeNodes(under: SourceNode, over: SourceNode): SourceNode {
  if (!isMap(under) || !isMap(over)) return over;
  const merged = new Map(under.value);
  for (const [key, node] of over.value) {
    const below = merged.get(key);
    merged.set(key, below === undefined ? node : mergeNodes(below, node));
  }
  return { origin: over.origin, value: merged };
}

/** `node` at the end of `path`, with maps on the way. */
export function nest(path: KeyPath, node: SourceNode): SourceNode {
  return path.reduceRight<SourceNode>(
    (inner, key) => ({ origin: node.origin, value: new Map([[String(key), inner]]) }),
    node,
  );
}

/** `root` with the node at `path` replaced by what `change` makes of it, or without it if that is undefined. */
export function changeAt(
  root: SourceNode,
  [key, ...rest]: KeyPath,
  change: (node: SourceNode) => SourceNode | undefined,
): SourceNode {
  const child = key === undefined ? undefined : childOf(root, key);
  if (key === undefined || child === undefined) return root;
  const changed = rest.length === 0 ? change(child) : changeAt(child, rest, change);
  if (changed === child) return root;
  return { origin: root.origin, value: withChild(root.value, key, changed) };
}

function childOf(node: SourceNode | undefined, key: PropertyKey): SourceNode | undefined {
  if (node === undefined || typeof node.value === 'string') return undefined;
  if (node.value instanceof Map) return node.value.get(String(key));
  return (node.value as readonly SourceNode[])[Number(key)];
}

function withChild(
  value: SourceNode['value'],
  key: PropertyKey,
  child: SourceNode | undefined,
): SourceNode['value'] {
  if (value instanceof Map) {
    const map = new Map(value);
    if (child === undefined) map.delete(String(key));
    else map.set(String(key), child);
    return map;
  }
  const list = [...(value as readonly SourceNode[])];
  list.splice(Number(key), 1, ...(child === undefined ? [] : [child]));
  return list;
}

/**
 * Reads the trees that xml2js makes with `explicitArray: false` and `trim: true`: an element is its text, or an object
 * of its children once it has any; attributes stand under `$`, text beside children under `_`; elements that repeat
 * are an array, one alone is not; an empty element is '' or white space.
 */
export type XmlTree = unknown;

/** All elements at a path such as `processes/process_info`, none, one or several. */
export function elementsAt(tree: XmlTree, path: string): readonly XmlTree[] {
  const names = path.split('/');
  const last = names.pop() ?? '';
  const found = child(
    names.reduce((node, name) => first(child(node, name)), tree),
    last,
  );
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

/** The text of the first element at a path, trimmed; undefined where there is none, or where it holds elements. */
export function textAt(tree: XmlTree, path: string): string | undefined {
  const node = elementsAt(tree, path)[0];
  const text = isElement(node) ? child(node, '_') : node;
  return typeof text === 'string' ? text.trim() : undefined;
}

function child(node: XmlTree, name: string): XmlTree {
  return isElement(node) && Object.hasOwn(node, name) ? node[name] : undefined;
}

function first(node: XmlTree): XmlTree {
  return Array.isArray(node) ? node[0] : node;
}

function isElement(node: XmlTree): node is Readonly<Record<string, unknown>> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

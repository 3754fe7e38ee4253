import { createRequire } from 'node:module';
import type yaml from 'yaml';
import type { ParsedNode } from 'yaml';
import type { ConfigProblem } from './config-problem.ts';
import type { SourceNode } from './source-node.ts';

export interface SourceResult {
  readonly node: SourceNode;
  readonly problems: readonly ConfigProblem[];
}

/**
 * YAML → source nodes. Scalars keep their text (`007` stays `007`); a plain `null`, `~` or nothing is the empty
 * text. Aliases are refused: nothing here is long enough to need them.
 */
export function parseYaml(text: string, originOfLine: (line: number) => string): SourceResult {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'failsafe' });
  const lineAt = (offset: number): string => originOfLine(lines.linePos(offset).line);
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    key: '',
    origin: lineAt(error.pos[0]),
    // What follows the colon quotes the text, which may be a secret.
    message: `not valid YAML: ${error.message.split(':')[0]}`,
  }));
  const convert = (node: ParsedNode | null | undefined, offset: number): SourceNode => {
    const origin = lineAt(node?.range[0] ?? offset);
    if (isMap<ParsedNode, ParsedNode>(node)) {
      const entries = node.items.map(({ key, value }) => {
        const name = isScalar(key) ? String(key.value) : '';
        return [name, { ...convert(value, key.range[0]), origin: lineAt(key.range[0]) }] as const;
      });
      return { origin, value: new Map(entries) };
    }
    if (isSeq<ParsedNode>(node)) {
      return { origin, value: node.items.map((item) => convert(item, node.range[0])) };
    }
    if (isAlias(node)) problems.push({ key: '', origin, message: 'YAML aliases are not supported' });
    return { origin, value: isScalar(node) && !isNull(node) ? String(node.value) : '' };
  };
  if (problems.length > 0) return { node: { origin: originOfLine(1), value: new Map() }, problems };
  return { node: convert(document.contents, 0), problems };
}

function isNull(scalar: { type?: string | null; value: unknown }): boolean {
  return scalar.type === 'PLAIN' && /^(null|Null|NULL|~|)$/.test(String(scalar.value));
}

/** At the first use: an agent that is configured by variables alone does without its 8 MB and 37 ms of CPU. */
function loadYaml(): typeof yaml {
  return createRequire(import.meta.url)('yaml') as typeof yaml;
}

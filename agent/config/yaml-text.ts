import type { Written } from './option-list.ts';

const PLAIN = /^[A-Za-z0-9./][\w./:+-]*$/;
const NOT_PLAIN = /^(null|Null|NULL)$|:$/;

/** A value as YAML on one line: `10s`, `[10s, 1m]`, `{zone: a}`; quoted where it must be. */
export function yamlText(value: Written): string {
  if (typeof value === 'string') {
    return PLAIN.test(value) && !NOT_PLAIN.test(value) ? value : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(yamlText).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${yamlText(key)}: ${yamlText(item)}`);
  return `{${pairs.join(', ')}}`;
}

/** A sentence as comment lines of at most 110 characters, indented like what it stands above. */
export function yamlComment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + word.length > 109) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

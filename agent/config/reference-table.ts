import { type Option, options, type Section, sections } from './option-list.ts';
import { yamlText } from './yaml-text.ts';

/** The config as a Markdown table: a row a key, with its default, what it takes and its sentence. */
export function referenceTable(): string {
  const rows = options.map((option) => rowOf(option, sectionAround(option)));
  return [
    '| key | default | takes | what for |',
    '|---|---|---|---|',
    ...rows.filter((row) => row !== undefined),
    '',
  ].join('\n');
}

/** One line a key for `--help`, with its default. */
export function helpLines(): readonly string[] {
  const shown = options.filter((option) => isShown(option, sectionAround(option)));
  const width = Math.max(...shown.map(({ path }) => path.join('.').length));
  return shown.map(({ path, default: written }) => {
    const value = written === undefined ? '' : `  ${yamlText(written)}`;
    return `${path.join('.').padEnd(width)}${value}`.trimEnd();
  });
}

function rowOf(option: Option, around: Section | undefined): string | undefined {
  if (!isShown(option, around)) return undefined;
  const { path, takes, help } = option;
  const written = option.default === undefined ? '' : `\`${yamlText(option.default)}\``;
  const short = around?.shorthand === path.at(-1) ? around : undefined;
  const key = (short?.path ?? path).join('.');
  const sentence = short?.help ?? help;
  return `| ${[`\`${key}\``, written, takes, sentence].map(cell).join(' | ')} |`;
}

/** Of sections that are alike only the first shows all its keys. */
function isShown({ path }: Option, around: Section | undefined): boolean {
  if (around?.sameAs === undefined) return !path.some((_, length) => isAlike(path.slice(0, length)));
  return path.at(-1) === around.shorthand;
}

function isAlike(path: readonly string[]): boolean {
  return sections.some(
    (section) => section.sameAs !== undefined && section.path.join('.') === path.join('.'),
  );
}

function sectionAround({ path }: Option): Section | undefined {
  const parent = path.slice(0, -1).join('.');
  return sections.find((section) => section.path.join('.') === parent);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

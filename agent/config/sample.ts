import { type Entry, entries, type Option, type Section, sections } from './option-list.ts';
import { yamlComment, yamlText } from './yaml-text.ts';

/** A config file with every key, its sentence and its default: as it stands it changes nothing. */
export function sampleConfig(): string {
  const blocks = entries.filter((entry) => !isDocumentedElsewhere(entry.path)).map(block);
  return `${[HEADER, ...blocks].join('\n')}\n`;
}

const HEADER = [
  '# infermeter: every key with its default. Any may be left out.',
  '# Environment: INFERMETER_ and the path in capitals, joined by __ (INFERMETER_LISTEN__GRPC=127.0.0.1:4317).',
  '# Flags beat the environment, the environment beats this file.',
  '',
].join('\n');

function block(entry: Entry): string {
  const indent = '  '.repeat(entry.path.length - 1);
  return entry.type === 'section' ? sectionBlock(entry, indent) : optionBlock(entry, indent);
}

function sectionBlock({ path, help, sameAs }: Section, indent: string): string {
  const key = path.at(-1);
  const gap = path.length === 1 ? [''] : [];
  if (sameAs === undefined) return [...gap, ...yamlComment(help, indent), `${indent}${key}:`].join('\n');
  const address = entries.find((entry) => entry.path.join('.') === `${path.join('.')}.address`);
  const written = address?.type === 'option' ? address.default : undefined;
  return [...yamlComment(help, indent), `${indent}${key}: ${yamlText(written ?? '')}`].join('\n');
}

function optionBlock({ path, help, takes, example, default: written }: Option, indent: string): string {
  const gap = path.length === 1 ? [''] : [];
  const value =
    written === undefined
      ? `# ${path.at(-1)}: ${yamlText(example ?? '')}`
      : `${path.at(-1)}: ${yamlText(written)}`;
  return [
    ...gap,
    ...yamlComment(takes === 'text' ? help : `${help} Takes ${takes}.`, indent),
    `${indent}${value}`,
  ].join('\n');
}

/** Inside a section like another one, which shows what both take. */
function isDocumentedElsewhere(path: readonly string[]): boolean {
  return sections.some(
    (section) =>
      section.sameAs !== undefined &&
      path.length > section.path.length &&
      section.path.every((key, index) => key === path[index]),
  );
}

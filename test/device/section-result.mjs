import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** As section_result.py writes it: what a section found, for the report. */
export function writeSection(name, { title, tables, figures }) {
  const folder = join(process.env.WORK ?? '/tmp/infermeter-evidence', 'sections');
  mkdirSync(folder, { recursive: true });
  const markdown = tables.join('\n\n');
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ title, markdown, figures }, undefined, 1));
  console.log(`\n## ${title}\n${markdown}`);
}

export function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** The readers, bundled into $AGENT_DIR/dist/readers.cjs. */
export async function importReaders() {
  const bundle = pathToFileURL(`${resolve(process.env.AGENT_DIR ?? '.')}/dist/readers.cjs`);
  const { NvmlReader, NvidiaSmiReader } = await import(bundle);
  return { nvml: new NvmlReader(), smi: new NvidiaSmiReader() };
}

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

/** The readers of the built agent in $AGENT_DIR. */
export async function importReaders() {
  const base = pathToFileURL(`${resolve(process.env.AGENT_DIR ?? '.')}/dist/agent/gpu/`);
  const { NvmlReader } = await import(new URL('nvml/nvml-reader.js', base));
  const { NvidiaSmiReader } = await import(new URL('nvidia-smi/nvidia-smi-reader.js', base));
  return { nvml: new NvmlReader(), smi: new NvidiaSmiReader() };
}

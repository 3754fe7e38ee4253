// Writes the generated pages; with --check it changes nothing and fails where one is not as it should be.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generatedPages } from './generated-pages.ts';

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;

const stale = generatedPages(read('README.md')).filter(({ path, text }) => read(path) !== text);
for (const { path, text } of check ? [] : stale) {
  writeFileSync(absolute(path), text);
  console.log(`wrote ${path}`);
}
if (check && stale.length > 0) {
  throw new Error(`not as their sources say (npm run docs): ${stale.map(({ path }) => path).join(', ')}`);
}

function read(path: string): string | undefined {
  return existsSync(absolute(path)) ? readFileSync(absolute(path), 'utf8') : undefined;
}

function absolute(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

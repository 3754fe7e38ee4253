// Copies what the page needs beside its compiled code: its own HTML, CSS and icon, and uPlot as a browser loads it.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COPIED = new Set(['.css', '.html', '.svg']);

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'agent/dashboard/web');
const target = join(root, 'dist/agent/web');
const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));

mkdirSync(target, { recursive: true });
for (const name of readdirSync(source).filter((name) => COPIED.has(extname(name)))) {
  copyFileSync(join(source, name), join(target, name));
}
copyFileSync(join(uplot, 'uPlot.esm.js'), join(target, 'uplot.js'));
copyFileSync(join(uplot, 'uPlot.min.css'), join(target, 'uplot.css'));

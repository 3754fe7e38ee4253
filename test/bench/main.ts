import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../source-files.ts';
import type { BenchRow } from './bench-row.ts';

/** `npm run bench [-- NAME …]`: prints tables and writes bench-results/latest.json. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<readonly BenchRow[]> }>>> = {
  sketch: () => import('./sketch.ts'),
  flush: () => import('./flush.ts'),
  'line-protocol': () => import('./line-protocol.ts'),
  ingest: () => import('./ingest.ts'),
  otlp: () => import('./otlp.ts'),
  client: () => import('./client.ts'),
  join: () => import('./join.ts'),
  recording: () => import('./recording.ts'),
  import: () => import('./import.ts'),
  start: () => import('./start.ts'),
  footprint: () => import('./footprint.ts'),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const results: Record<string, readonly BenchRow[]> = {};
for (const [name, load] of Object.entries(BENCHES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n## ${name}`);
  results[name] = await (await load()).run();
  print(results[name]);
}
const folder = join(ROOT, 'bench-results');
mkdirSync(folder, { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, kernel: release() };
writeFileSync(join(folder, 'latest.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`);
console.log('\nwritten to bench-results/latest.json');
process.exit(0);

function print(rows: readonly BenchRow[]): void {
  const cells = rows.map((row) => [
    row.name,
    `${Number(row.value.toPrecision(3))} ${row.unit}`,
    row.bar ?? '',
    row.note ?? '',
  ]);
  const header = ['what', 'measured', 'bar', 'note'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...cells]) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

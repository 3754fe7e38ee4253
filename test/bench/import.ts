import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { writeGeneratedTimes, writeGeneratedTrace } from '../import/generated-trace.ts';
import { ROOT } from '../source-files.ts';
import type { BenchRow } from './bench-row.ts';

/** `IMPORT_MB=1000 npm run bench -- import` for the figures of docs/evidence/import.md. */
const MEGABYTES = Number(process.env['IMPORT_MB'] ?? 100);
const POLL_MS = 20;

/** The built program on generated files: time and peak of resident memory (Linux). */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'infermeter-bench-'));
  const path = (name: string): string => join(folder, name);
  try {
    await writeGeneratedTrace(path('trace.json'), MEGABYTES * 1e6);
    const rows = await rowsOf('Kineto', path('trace.json'));
    await pipeline(
      createReadStream(path('trace.json')),
      createGzip({ level: 1 }),
      createWriteStream(path('trace.gz')),
    );
    const packed = await rowsOf('Kineto, packed', path('trace.gz'));
    await writeGeneratedTimes(path('times.json'), MEGABYTES * 1e6);
    return [...rows, ...packed, ...(await rowsOf('trtexec --exportTimes', path('times.json')))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rowsOf(name: string, path: string): Promise<BenchRow[]> {
  const startedMs = performance.now();
  const program = join(ROOT, 'dist/agent/main.js');
  const child = spawn(process.execPath, [program, 'import', '--model', 'm', '--json', path], {
    stdio: 'ignore',
  });
  let peakKib = 0;
  const watch = setInterval(() => {
    peakKib = Math.max(peakKib, peakOf(child.pid));
  }, POLL_MS);
  const [code] = (await once(child, 'exit')) as [number];
  clearInterval(watch);
  if (code !== 0) throw new Error(`import of ${path} ended with ${code}`);
  const seconds = (performance.now() - startedMs) / 1000;
  const note = `${MEGABYTES} MB of JSON`;
  return [
    { name, bar: '≤ 120 s/GB', value: seconds / (MEGABYTES / 1000), unit: 's/GB', note },
    { name: `${name}: peak memory`, bar: '≤ 200 MB', value: (peakKib * 1024) / 1e6, unit: 'MB', note },
  ];
}

/** In KiB; 0 once it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

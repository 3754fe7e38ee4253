// Imports a file and prints the peak of resident memory: node --import tsx import-memory.ts FILE

import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { argv, resourceUsage } from 'node:process';
import { importFiles } from '../../agent/import/import-files.ts';
import { SERIES } from './trace-files.ts';

const { recording } = await importFiles([argv[2]], SERIES, () => ({
  temporaryFolder: tmpdir(),
  signal: new AbortController().signal,
  progress: () => {},
}));
const calls = (recording.profile?.operators ?? []).reduce((sum, operator) => sum + operator.calls, 0);
console.log(JSON.stringify({ calls, peakBytes: peakKilobytes() * 1024 }));

/** Linux counts the parent's memory at the start of this process into `maxRSS`; VmHWM is our own. */
function peakKilobytes(): number {
  const status = '/proc/self/status';
  if (!existsSync(status)) return resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]);
}

// Imports a file and prints the peak of resident memory: node --import tsx import-memory.ts FILE

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
console.log(JSON.stringify({ calls, peakBytes: resourceUsage().maxRSS * 1024 }));

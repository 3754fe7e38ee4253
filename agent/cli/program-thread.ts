import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock } from '../core/clock.ts';
import { runProgram } from './program.ts';
import type { ProgramMessage, ProgramThreadData } from './program-launch.ts';

/**
 * `run` as far as its configuration, in a thread that then ends: the parsers and the schema are some 20 MB that a
 * sidecar need not hold for the rest of its life.
 */
if (parentPort === null) throw new Error('bug: the program thread was started as a program');
const port = parentPort;
const { argv, environment, version } = workerData as ProgramThreadData;
const post = (message: ProgramMessage): void => port.postMessage(message);

await runProgram({
  argv,
  environment,
  version,
  clock: new SystemClock(),
  signal: new AbortController().signal,
  protoPath: '',
  stdout: (text) => post({ kind: 'stdout', text }),
  stderr: (text) => post({ kind: 'stderr', text }),
  isTerminal: false,
  temporaryFolder: '',
  readFile: (path) => readFile(path, 'utf8'),
  writeFile: () => Promise.reject(new Error('bug: the program thread runs `run` only')),
  exit: (code) => post({ kind: 'exit', code }),
  runAgent: async (config) => {
    post({ kind: 'run', config });
    return 0;
  },
  exporterChecks: () => Promise.reject(new Error('bug: the program thread runs `run` only')),
  connectionChecks: () => Promise.reject(new Error('bug: the program thread runs `run` only')),
  gpuChecks: () => Promise.reject(new Error('bug: the program thread runs `run` only')),
});

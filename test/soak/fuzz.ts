import { spawn } from 'node:child_process';
import { ROOT } from '../source-files.ts';

/** The reader against protobufjs and the windows against their reference, with many times the runs of the tests. */
export async function runFuzzSoak(): Promise<boolean> {
  const files = ['test/ingest/batch-reader.test.ts', 'test/window/aggregator-model.test.ts'];
  const child = spawn('npx', ['--no-install', 'mocha', '--timeout', '1200000', ...files], {
    cwd: ROOT,
    env: { ...process.env, FUZZ_RUNS: '40', MODEL_RUNS: '400' },
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return code === 0;
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-files.ts';

const ENVIRONMENT = join(ROOT, '.venv/bin/python');

/** The Python that tests run: `PYTHON`, else that of `.venv`, which `npm run verify` makes, else the one on the path. */
export const PYTHON = process.env['PYTHON'] ?? (existsSync(ENVIRONMENT) ? ENVIRONMENT : 'python3');

/** Skips the test or suite, and says why, where a module is missing. Use in a `function`, with its `this`. */
export function requireModule(context: Mocha.Context, ...modules: readonly string[]): void {
  const missing = modules.filter((module) => !canImport(module));
  if (missing.length === 0) return;
  console.log(`      skipped: ${PYTHON} has no ${missing.join(', ')}`);
  context.skip();
}

function canImport(module: string): boolean {
  return spawnSync(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

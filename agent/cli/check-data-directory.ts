import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CheckResult } from './command-context.ts';

/** Whether the agent can keep its data there. Leaves nothing behind: one that does not exist is not made. */
export async function checkDataDirectory(path: string): Promise<CheckResult> {
  const name = 'data_dir';
  const directory = resolve(path);
  try {
    const existing = await closestExisting(directory);
    if (!(await stat(existing)).isDirectory())
      return { name, ok: false, reason: `${existing} is no directory` };
    if (existing !== directory) {
      await access(existing, constants.W_OK);
      return { name, ok: true, reason: `${directory} will be made` };
    }
    await rm(await mkdtemp(join(directory, '.check-')), { recursive: true });
    return { name, ok: true, reason: `${directory} is writable` };
  } catch (error) {
    return { name, ok: false, reason: `${directory}: ${(error as Error).message}` };
  }
}

async function closestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return closestExisting(dirname(path));
  }
}

import { existsSync, statSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether npm installed in the folder since its lockfile last changed. */
export function isInstalled(folder) {
  const marker = join(folder, 'node_modules/.package-lock.json');
  return (
    existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  );
}

/** Megabytes under the folder's node_modules so far. */
export async function installedMegabytes(folder) {
  return Math.round((await folderBytes(join(folder, 'node_modules'))) / 1e6);
}

/** Files may come and go meanwhile: what cannot be read counts as nothing. */
async function folderBytes(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return folderBytes(path);
      return lstat(path).then(
        ({ size }) => size,
        () => 0,
      );
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

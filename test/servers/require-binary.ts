import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  influxd: 'influxdb',
  'victoria-metrics': 'victoria-metrics',
  buildah: 'buildah',
  debootstrap: 'debootstrap',
};

/**
 * First line of a suite's `before`: where a server's program is not installed, the suite is skipped and the
 * reason printed. Needs a `function`, not an arrow, for `this`.
 */
export function requireBinary(context: Mocha.Context, name: string): void {
  if (isInstalled(name)) return;
  const source = DEBIAN_PACKAGES[name];
  const advice = source === undefined ? '' : ` (Debian: apt-get install ${source})`;
  console.log(`    skipped: ${name} is not installed${advice}`);
  context.skip();
}

function isInstalled(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

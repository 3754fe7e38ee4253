import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** What the project's image ships. */
const NODE_MAJOR = 24;
/** A third of the system, which no build reads, and which every layer would copy. */
const UNREAD = ['var/cache/apt', 'var/lib/apt', 'usr/share/doc', 'usr/share/locale', 'usr/share/man'];
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** How programs in the base reach a registry behind an authority that only this machine trusts. */
export const BASE_ENVIRONMENT: readonly string[] = [
  'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ...(existsSync(AUTHORITIES)
    ? [`NODE_EXTRA_CA_CERTS=${AUTHORITIES}`, `npm_config_cafile=${AUTHORITIES}`]
    : []),
];

/**
 * The root of a small Debian with Node and npm, made of packages alone where no image can be pulled; in `folder`, where
 * it stays for the next run. Takes half a minute the first time.
 */
export async function loadLocalBase(folder: string): Promise<string> {
  const root = join(folder, `bookworm-node-${NODE_MAJOR}`);
  if (existsSync(root)) return root;
  mkdirSync(folder, { recursive: true });
  const unfinished = mkdtempSync(join(folder, 'unfinished-'));
  try {
    await runTool('debootstrap', ['--variant=minbase', 'bookworm', unfinished]);
    for (const path of UNREAD) rmSync(join(unfinished, path), { recursive: true });
    await installNode(unfinished);
    renameSync(unfinished, root);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return root;
}

/** npm's package of the node binary, and this machine's npm. */
async function installNode(root: string): Promise<void> {
  const packed = join(root, 'tmp');
  await runTool('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    packed,
    `node-linux-${arch()}@${NODE_MAJOR}`,
  ]);
  const [archive = ''] = readdirSync(packed).filter((name) => name.endsWith('.tgz'));
  await runTool('tar', ['-xzf', join(packed, archive), '-C', packed]);
  const local = join(root, 'usr/local');
  cpSync(join(packed, 'package/bin/node'), join(local, 'bin/node'));
  rmSync(packed, { recursive: true });
  mkdirSync(packed, { mode: 0o1777 });
  const npm = join((await runTool('npm', ['root', '--global'])).trim(), 'npm');
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  if (!existsSync(AUTHORITIES)) return;
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
  cpSync(AUTHORITIES, join(root, AUTHORITIES), { dereference: true });
}

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../source-files.ts';
import { BASE_ENVIRONMENT, loadLocalBase } from './local-base.ts';
import { runTool } from './run-tool.ts';

/** Bases and layers stay here between runs. */
const CACHE = '/var/tmp/infermeter-image-test';
const BASE = 'localhost/infermeter-test-base';
const IMAGE = 'localhost/infermeter-test';
const STORE = ['--root', join(CACHE, 'store'), '--runroot', join(CACHE, 'run'), '--storage-driver', 'vfs'];

/** What an image says about how to run it (Docker's image format). */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface BuiltImage {
  readonly config: ImageConfig;
  /** Its file system, on this machine. */
  readonly root: string;
  readonly bytes: number;
  /** As a registry holds it: layers packed. */
  readonly packedBytes: number;
  remove(): Promise<void>;
}

/** Builds deploy/Dockerfile on a base that is made here. */
export async function buildImage(): Promise<BuiltImage> {
  await importBase();
  await buildah('bud', [
    ...[
      '--isolation',
      'chroot',
      '--format',
      'docker',
      '--build-arg',
      `BASE=${BASE}`,
      '--build-arg',
      'VERSION=0.0.0-test',
    ],
    ...npmSettings(),
    ...['--file', join(ROOT, 'deploy/Dockerfile'), '--tag', IMAGE, ROOT],
  ]);
  const inspected = JSON.parse(await buildah('inspect', ['--type', 'image', IMAGE])) as {
    readonly Docker: { readonly config: ImageConfig };
  };
  const container = (await buildah('from', [IMAGE])).trim();
  const root = (await buildah('mount', [container])).trim();
  return {
    config: inspected.Docker.config,
    root,
    bytes: folderBytes(root),
    packedBytes: await packedBytes(),
    remove: async () => {
      await buildah('rm', [container]);
      await buildah('rmi', [IMAGE]);
      await buildah('rmi', ['--prune']);
    },
  };
}

async function importBase(): Promise<void> {
  const root = await loadLocalBase(join(CACHE, 'bases'));
  const known = await buildah('images', ['--quiet', '--filter', `reference=${BASE}`]);
  if (known.trim() !== '') return;
  const container = (await buildah('from', ['scratch'])).trim();
  await buildah('copy', ['--quiet', container, root, '/']);
  await buildah('config', [...BASE_ENVIRONMENT.flatMap((one) => ['--env', one]), container]);
  await buildah('commit', ['--quiet', '--rm', container, BASE]);
}

/** npm in the build asks where npm on this machine asks. */
function npmSettings(): readonly string[] {
  const path = join(homedir(), '.npmrc');
  return existsSync(path) ? ['--secret', `id=npmrc,src=${path}`] : [];
}

async function packedBytes(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'infermeter-oci-'));
  try {
    await buildah('push', ['--quiet', IMAGE, `oci:${folder}:image`]);
    return folderBytes(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function folderBytes(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function buildah(command: string, args: readonly string[]): Promise<string> {
  return runTool('buildah', [...STORE, command, ...args]);
}

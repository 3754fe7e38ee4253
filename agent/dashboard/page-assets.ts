import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface PageAsset {
  readonly contentType: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Loads the page's files. What is served is looked up by name among these and never as a path, so that no request
 * can lead out of the folder. Empty where the page has not been built.
 */
export async function loadPageAssets(folder: URL): Promise<ReadonlyMap<string, PageAsset>> {
  const entries = await readdir(folder).catch(() => []);
  const names = entries.filter((name) => extname(name) in CONTENT_TYPES);
  const assets = names.map(async (name) => [name, await loadAsset(new URL(name, folder))] as const);
  return new Map(await Promise.all(assets));
}

async function loadAsset(file: URL): Promise<PageAsset> {
  const body = await readFile(file);
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  const compressed = await promisify(gzip)(body, { level: 9 });
  const contentType = CONTENT_TYPES[extname(file.pathname)];
  return { contentType, etag: `"${digest}"`, body, gzip: compressed };
}

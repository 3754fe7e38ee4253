import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's root folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', 'infermeter-data', 'bench-results']);

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** All files under `folders` whose names end in one of `endings`, build products left out. */
export function readSources(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => walk(join(ROOT, folder), endings));
}

function walk(folder: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(path, endings);
    if (!endings.some((ending) => entry.name.endsWith(ending))) return [];
    return [{ path: relative(ROOT, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }];
  });
}

/** The relative modules that a source imports, as paths from the root. */
export function relativeImports(file: SourceFile): string[] {
  const specifiers = [...file.text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)].map(
    (m) => m[1] ?? '',
  );
  const base = new URL(`file:///${file.path}`);
  return specifiers.map((specifier) => new URL(specifier, base).pathname.slice(1));
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ImportOptions } from '../../agent/import/import-file.ts';
import { type Imported, importFiles } from '../../agent/import/import-files.ts';

export const SERIES = { model: 'm', variant: 'v', version: '', operation: '', server: '', labels: {} };

/** Files of a test, in a folder that goes with it. */
export class TraceFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'infermeter-traces-'));

  /** Writes a file, a value as JSON; returns its path. */
  write(name: string, content: string | Buffer | object): string {
    const path = join(this.folder, name);
    const text = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content);
    writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
    return path;
  }

  async import(paths: readonly string[], options: Partial<ImportOptions> = {}): Promise<Imported> {
    return importFiles(paths, SERIES, () => this.options(options));
  }

  options(overrides: Partial<ImportOptions> = {}): ImportOptions {
    return {
      temporaryFolder: this.folder,
      signal: new AbortController().signal,
      progress: () => {},
      ...overrides,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The message with which an import fails, without the folder of its files. */
export async function messageOf(failing: Promise<unknown>): Promise<string> {
  const message = await failing.then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (message === undefined) throw new Error('the import was expected to fail');
  return message.replace(/\S*infermeter-traces-\w+\//g, '');
}

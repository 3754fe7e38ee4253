import { rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { encodeDocument } from '../baseline/baseline-document.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { ImportError } from '../import/import-error.ts';
import type { ImportOptions } from '../import/import-file.ts';
import { type Imported, importFiles } from '../import/import-files.ts';
import { traceFormats } from '../import/trace-formats.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { importJson, importText } from './import-report.ts';
import { ProgressBar } from './progress-bar.ts';

/** Of `import`. */
export interface RunOptions {
  readonly model: string;
  readonly variant: string;
  readonly kind: string;
  readonly output?: string;
  readonly top: number;
  readonly json?: true;
}

/** Reads the files, says what was found, and writes it where it is wanted: all of it or nothing. */
export async function runImport(
  context: CommandContext,
  paths: readonly string[],
  options: RunOptions,
): Promise<void> {
  const { signal } = context;
  const progress = new ProgressBar(context);
  try {
    const imported = await importFiles(paths, seriesOf(options), (path) =>
      importOptions(context, path, options, progress),
    );
    progress.clear();
    signal.throwIfAborted();
    if (options.output !== undefined)
      await writeWhole(options.output, encodeDocument({ recording: imported.recording }));
    context.stdout(describe(imported, options));
    context.exit(ExitCode.ok);
  } catch (error) {
    progress.clear();
    if (!signal.aborted && !(error instanceof ImportError)) throw error;
    const reason = signal.aborted ? 'interrupted: nothing was imported' : (error as Error).message;
    context.stderr(`infermeter: ${reason}\n`);
    context.exit(ExitCode.failed);
  }
}

function importOptions(
  { signal, temporaryFolder }: CommandContext,
  path: string,
  { kind, json }: RunOptions,
  bar: ProgressBar,
): ImportOptions {
  const format = traceFormats.find((one) => one.kind === kind);
  return {
    ...(format !== undefined && { format }),
    temporaryFolder,
    signal,
    progress: (readBytes, bytes) => {
      if (json === undefined) bar.update(basename(path), readBytes, bytes);
    },
  };
}

function seriesOf({ model, variant }: RunOptions): SeriesTags {
  return { model, variant, version: '', operation: '', server: '', labels: {} };
}

function describe(imported: Imported, { json, top, output }: RunOptions): string {
  if (json) {
    const found = { ...importJson(imported, top), ...(output !== undefined && { output }) };
    return `${JSON.stringify(found, undefined, 2)}\n`;
  }
  return `${importText(imported, top)}${output === undefined ? '' : `written to ${output}\n`}`;
}

/** The whole file or none of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  try {
    await writeFile(part, text);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw new ImportError(path, undefined, `cannot be written: ${(cause as Error).message}`, { cause });
  }
}

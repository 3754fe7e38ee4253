import { rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { encodeDocument } from '../baseline/baseline-document.ts';
import { isBaselineName, NAME_RULE } from '../baseline/baseline-name.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { ImportError } from '../import/import-error.ts';
import type { ImportOptions } from '../import/import-file.ts';
import { type Imported, importFiles } from '../import/import-files.ts';
import { traceFormats } from '../import/trace-formats.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { importJson, importText } from './import-report.ts';
import { type KeepOptionValues, keepImported } from './kept-import.ts';
import { ProgressBar } from './progress-bar.ts';

/** Of `import`. */
export interface ImportOptionValues extends KeepOptionValues {
  readonly model: string;
  readonly variant: string;
  readonly kind: string;
  readonly output?: string;
  readonly iterations?: number;
  readonly top: number;
}

/** Reads the files, says what was found, and puts it where it is wanted: all of it or nothing. */
export async function runImport(
  context: CommandContext,
  paths: readonly string[],
  options: ImportOptionValues,
): Promise<void> {
  const fail = (code: ExitCode, message: string): void => {
    context.stderr(`infermeter: ${message}\n`);
    context.exit(code);
  };
  const { as: name, output } = options;
  if (name !== undefined && !isBaselineName(name))
    return fail(ExitCode.usage, `--as "${name}" is no name: ${NAME_RULE}`);
  try {
    const imported = await readFiles(context, paths, options);
    if (output !== undefined) await writeWhole(output, encodeDocument({ recording: imported.recording }));
    context.stdout(describe(imported, options));
    if (name !== undefined) return await keepImported(context, imported.recording, { ...options, as: name });
    context.exit(ExitCode.ok);
  } catch (error) {
    if (context.signal.aborted) return fail(ExitCode.failed, 'interrupted: nothing was imported');
    if (!(error instanceof ImportError)) throw error;
    fail(ExitCode.failed, error.message);
  }
}

async function readFiles(
  context: CommandContext,
  paths: readonly string[],
  options: ImportOptionValues,
): Promise<Imported> {
  const bar = new ProgressBar(context);
  try {
    const optionsOf = (path: string): ImportOptions => importOptions(context, path, options, bar);
    const imported = await importFiles(paths, seriesOf(options), optionsOf, options.iterations);
    context.signal.throwIfAborted();
    return imported;
  } finally {
    bar.end();
  }
}

function importOptions(
  { signal, temporaryFolder }: CommandContext,
  path: string,
  { kind, json }: ImportOptionValues,
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

function seriesOf({ model, variant }: ImportOptionValues): SeriesTags {
  return { model, variant, version: '', operation: '', server: '', labels: {} };
}

function describe(imported: Imported, { json, top, output }: ImportOptionValues): string {
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

import type { OperatorProfile, Recording, SliceRecord } from '../baseline/recording.ts';
import { mergeOperators } from '../core/operator-totals.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { ImportError } from './import-error.ts';
import { type ImportedFile, type ImportOptions, importFile } from './import-file.ts';
import { sliceLengthFor, WANTED_SLICES } from './request-timeline.ts';

export interface Imported {
  readonly files: readonly ImportedFile[];
  readonly recording: Recording;
  /** What a comparison will miss, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads files of one model, one after another, into one recording. Rejects as `importFile` does: all of them or none.
 * `iterations`: runs of the model that they cover, where they do not say; 0: unknown.
 */
export async function importFiles(
  paths: readonly string[],
  series: SeriesTags,
  optionsOf: (path: string) => ImportOptions,
  iterations = 0,
): Promise<Imported> {
  const files: ImportedFile[] = [];
  for (const path of paths) {
    const file = await importFile(path, optionsOf(path));
    const other = files.find(({ format }) => format.profiler !== file.format.profiler);
    if (other !== undefined)
      throw new ImportError(
        path,
        undefined,
        `is ${file.format.title}, but ${other.path} is ${other.format.title}`,
      );
    files.push(file);
  }
  const recording = recordingOf(files, series, iterations);
  return { files, recording, notes: notesOn(recording) };
}

function recordingOf(files: readonly ImportedFile[], series: SeriesTags, iterations: number): Recording {
  const timed = files.filter(({ requests }) => !requests.isEmpty);
  const lengthMs = timed.reduce((sum, { requests }) => sum + requests.lengthMs, 0);
  const sliceMs = Math.max(sliceLengthFor(lengthMs), ...timed.map(({ requests }) => requests.sliceMs));
  const slices = timed.flatMap((file) => slicesOf(file, sliceMs)).sort((a, b) => a.startMs - b.startMs);
  checkOverlap(timed, { slices, sliceMs });
  const profile = profileOf(files, iterations);
  const fallbackMs = files[0].startMs - (files[0].startMs % sliceMs);
  return {
    series,
    fromMs: slices[0]?.startMs ?? fallbackMs,
    toMs: (slices.at(-1)?.startMs ?? fallbackMs - sliceMs) + sliceMs,
    sliceMs,
    slices,
    gpu: [],
    ...(profile !== undefined && { profile }),
  };
}

function slicesOf({ requests, startMs }: ImportedFile, sliceMs: number): SliceRecord[] {
  requests.coarsen(sliceMs);
  return requests.slices(Math.floor(startMs / sliceMs) * sliceMs);
}

/** Two runs side by side: neither's figures are those of the model alone. */
function checkOverlap(
  files: readonly ImportedFile[],
  { slices, sliceMs }: Pick<Recording, 'slices' | 'sliceMs'>,
): void {
  const isLate = slices.every(
    ({ startMs }, index) => index === 0 || startMs >= slices[index - 1].startMs + sliceMs,
  );
  if (isLate) return;
  const paths = files.map(({ path }) => path).join(', ');
  throw new ImportError(paths, undefined, 'hold requests of the same time: import them one by one');
}

/** Undefined where no file has operators. */
function profileOf(files: readonly ImportedFile[], stated: number): OperatorProfile | undefined {
  const profiled = files.filter(({ operators }) => operators.length > 0);
  if (profiled.length === 0) return undefined;
  const iterations = profiled.map((file) => file.iterations);
  return {
    profiler: profiled[0].format.profiler,
    iterations: iterations.includes(0) ? stated : iterations.reduce((sum, runs) => sum + runs, 0),
    operators: mergeOperators(profiled.flatMap(({ operators }) => operators)).sort(
      (a, b) => b.selfNs - a.selfNs,
    ),
  };
}

function notesOn({ slices, sliceMs, profile }: Recording): readonly string[] {
  const notes: string[] = [];
  if (slices.length === 0) notes.push('no requests: only operators can be compared');
  else if (slices.length < WANTED_SLICES)
    notes.push(
      `${slices.length * sliceMs} ms are too short for ${WANTED_SLICES} slices: no verdict on latency can be given`,
    );
  if (profile?.iterations === 0)
    notes.push('the runs of the model are not known: without --iterations operators have no ratio');
  return notes;
}

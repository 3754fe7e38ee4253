import type { SeriesTags } from '../core/series-tags.ts';
import { DocumentFault, DocumentFields } from './document-fields.ts';
import type { GpuRecord, OperatorProfile, OperatorRecord, Recording } from './recording.ts';
import { sliceFromJson, sliceToJson } from './slice-fields.ts';

/** A recording as a file that can be committed beside a model. */
export interface BaselineDocument {
  /** Under which it was kept; absent: it was not kept yet. */
  readonly name?: string;
  readonly recording: Recording;
}

export type DecodedDocument =
  | { readonly ok: true; readonly document: BaselineDocument }
  /** In words, with the place in the document. */
  | { readonly ok: false; readonly message: string };

const FORMAT = 'infermeter-baseline';
const VERSION = 1;
/** A day of slices of a second. */
const MAX_SLICES = 86_400;
const MAX_GPU_RECORDS = 100_000;
const MAX_OPERATORS = 100_000;

const SERIES_TEXTS = ['variant', 'version', 'operation', 'server'] as const;
const GPU_FIGURES = [
  'energyActiveJoules',
  'requests',
  'outputTokens',
  'memoryUsedMaxBytes',
  'exclusiveRatio',
  'tensorAnyRatio',
  'tensorHmmaRatio',
  'tensorImmaRatio',
] as const satisfies readonly (keyof GpuRecord)[];

/**
 * JSON with a slice, a GPU window and an operator a line, so that it can be read, compared and committed. The names
 * and units are those of `Recording`; bins are those of core/duration-bins, 64 an octave. Ends with a line break.
 */
export function encodeDocument({ name, recording }: BaselineDocument): string {
  const { series, fromMs, toMs, sliceMs, slices, gpu, profile } = recording;
  const head = [
    { format: FORMAT },
    { version: VERSION },
    ...(name === undefined ? [] : [{ name }]),
    { series: seriesToJson(series) },
    { fromMs },
    { toMs },
    { sliceMs },
  ];
  const lines = [
    ...head.map((entry) => JSON.stringify(entry).slice(1, -1)),
    `"slices":${linesOf(slices.map(sliceToJson))}`,
    ...(gpu.length === 0 ? [] : [`"gpu":${linesOf(gpu)}`]),
    ...(profile === undefined ? [] : [`"profile":${profileText(profile)}`]),
  ];
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Takes any JSON text of this shape, whatever its line breaks; says what is wrong with one that is not. */
export function decodeDocument(text: string): DecodedDocument {
  try {
    return { ok: true, document: documentFrom(parseJson(text)) };
  } catch (error) {
    if (!(error instanceof DocumentFault)) throw error;
    return { ok: false, message: error.message };
  }
}

function linesOf(rows: readonly object[]): string {
  return rows.length === 0 ? '[]' : `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
}

function profileText({ profiler, iterations, operators }: OperatorProfile): string {
  const head = JSON.stringify({ profiler, iterations }).slice(0, -1);
  return `${head},"operators":${linesOf(operators)}}`;
}

/** What was not said is left out. */
function seriesToJson(series: SeriesTags): object {
  const { model, labels } = series;
  const said = SERIES_TEXTS.filter((key) => series[key] !== '').map((key) => [key, series[key]]);
  return {
    model,
    ...Object.fromEntries(said),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DocumentFault(`this is no JSON: ${(cause as Error).message}`, { cause });
  }
}

function documentFrom(value: unknown): BaselineDocument {
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) throw new DocumentFault(`this is no baseline: "format" must be "${FORMAT}"`);
  if (version !== VERSION)
    throw new DocumentFault(`version ${JSON.stringify(version)} is not read here, only ${VERSION}`);
  const keys = ['format', 'version', 'name', 'series', 'fromMs', 'toMs', 'sliceMs'];
  const fields = new DocumentFields(value, '', [...keys, 'slices', 'gpu', 'profile']);
  const recording: Recording = {
    series: seriesFromJson(fields.raw('series')),
    fromMs: fields.integer('fromMs'),
    toMs: fields.integer('toMs'),
    sliceMs: fields.integer('sliceMs'),
    slices: fields.list('slices', MAX_SLICES).map((slice, index) => sliceFromJson(slice, `slices[${index}]`)),
    gpu: fields.list('gpu', MAX_GPU_RECORDS).map((record, index) => gpuFromJson(record, `gpu[${index}]`)),
    ...(fields.has('profile') && { profile: profileFromJson(fields.raw('profile')) }),
  };
  const fault = faultOf(recording);
  if (fault !== undefined) throw new DocumentFault(fault);
  return { ...(fields.has('name') && { name: fields.text('name') }), recording };
}

function seriesFromJson(value: unknown): SeriesTags {
  const fields = new DocumentFields(value, 'series', ['model', ...SERIES_TEXTS, 'labels']);
  const model = fields.text('model');
  if (model === '') throw new DocumentFault('series.model: must not be empty');
  const labels = fields.entries('labels', 64).map(([name, label]) => {
    if (typeof label !== 'string') throw new DocumentFault(`series.labels.${name}: must be a text`);
    return [name, label] as const;
  });
  return {
    model,
    variant: fields.text('variant', ''),
    version: fields.text('version', ''),
    operation: fields.text('operation', ''),
    server: fields.text('server', ''),
    labels: Object.fromEntries(labels.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function gpuFromJson(value: unknown, path: string): GpuRecord {
  const fields = new DocumentFields(value, path, ['endMs', 'windowMs', 'gpu', ...GPU_FIGURES]);
  const figures = GPU_FIGURES.filter((key) => fields.has(key)).map((key) => [key, fields.number(key)]);
  return {
    endMs: fields.integer('endMs'),
    windowMs: fields.integer('windowMs'),
    gpu: fields.text('gpu'),
    ...Object.fromEntries(figures),
  };
}

function profileFromJson(value: unknown): OperatorProfile {
  const fields = new DocumentFields(value, 'profile', ['profiler', 'iterations', 'operators']);
  return {
    profiler: fields.text('profiler'),
    iterations: fields.integer('iterations'),
    operators: fields
      .list('operators', MAX_OPERATORS)
      .map((operator, index) => operatorFromJson(operator, `profile.operators[${index}]`)),
  };
}

function operatorFromJson(value: unknown, path: string): OperatorRecord {
  const fields = new DocumentFields(value, path, ['name', 'device', 'calls', 'totalNs', 'selfNs']);
  return {
    name: fields.text('name'),
    device: fields.text('device', ''),
    calls: fields.integer('calls'),
    totalNs: fields.number('totalNs'),
    selfNs: fields.number('selfNs'),
  };
}

function faultOf({ fromMs, toMs, sliceMs, slices, gpu }: Recording): string | undefined {
  if (sliceMs < 1 || toMs < fromMs) return 'sliceMs: must be above 0, and toMs not before fromMs';
  let earliestMs = fromMs;
  for (const [index, { startMs }] of slices.entries()) {
    if (startMs % sliceMs !== 0 || startMs < earliestMs || startMs + sliceMs > toMs)
      return `slices[${index}].startMs: slices ascend, start at multiples of sliceMs, and lie between fromMs and toMs`;
    earliestMs = startMs + sliceMs;
  }
  const unordered = gpu.findIndex(({ endMs }, index) => index > 0 && endMs < gpu[index - 1].endMs);
  return unordered < 0 ? undefined : `gpu[${unordered}].endMs: windows ascend`;
}

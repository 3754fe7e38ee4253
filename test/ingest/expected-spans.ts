import { decodeBatch } from './span-batch-codec.ts';
import { INVALID, type StagedSpan, TOO_LONG } from './staged-spans.ts';

/** A batch as protobufjs decodes it, 64-bit integers as text. */
interface Batch {
  readonly series?: Names | null;
  readonly spans: readonly Row[];
  readonly columns?: Columns | null;
}

interface Names {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
  readonly operation: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Row extends Names {
  readonly startUnixNano: string;
  readonly durationNano: string;
  readonly status: number;
  readonly phases: readonly {
    readonly name: string;
    readonly durationNano: string;
    readonly startOffsetNano?: string;
  }[];
  readonly weight: number;
  readonly batchSize?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly timeToFirstTokenNano?: string;
  readonly requestId: string;
  readonly traceId: string;
}

interface ColumnSeries {
  readonly model: number;
  readonly variant: number;
  readonly version: number;
  readonly operation: number;
  readonly labels: readonly number[];
}

interface Columns {
  readonly strings: readonly string[];
  readonly series: readonly ColumnSeries[];
  readonly seriesStatus: readonly number[];
  readonly endUnixNano: readonly string[];
  readonly durationNano: readonly number[];
  readonly phases: readonly {
    readonly name: number;
    readonly durationNano: readonly number[];
    readonly startOffsetNano: readonly number[];
  }[];
  readonly weight: readonly number[];
  readonly batchSize: readonly number[];
  readonly inputTokens: readonly number[];
  readonly outputTokens: readonly number[];
  readonly timeToFirstTokenNano: readonly number[];
}

export interface ExpectedBatch {
  readonly producerId: string;
  readonly sequence: number;
  readonly dropped: number;
  readonly spans: readonly StagedSpan[];
}

const MAX_STAGED_PHASES = 33;
/** Longer texts are all one and the same. */
const KEPT_BYTES = 1024;

/**
 * What our reader has to make of a message, from what protobufjs decodes and the contract's comments, by the
 * plainest means there are. Throws what protobufjs throws, and RangeError where columns do not fit together.
 */
export function expectedBatch(
  bytes: Uint8Array,
  labels: readonly string[],
  labelBytes: number,
): ExpectedBatch {
  const batch = shortenTexts(decodeBatch(bytes), KEPT_BYTES) as Batch & {
    producerId: Uint8Array;
    sequence: string;
    dropped: string;
  };
  const name = (text: string): string => nameText(text, labelBytes);
  const rows = batch.spans.map((row) => rowSpan(row, batch.series ?? undefined, labels));
  const columns = batch.columns ? columnSpans(batch.columns, labels) : [];
  return {
    producerId: Buffer.from(batch.producerId).toString('hex'),
    sequence: Number(batch.sequence),
    dropped: Number(batch.dropped),
    spans: [...rows, ...columns].map((span) => ({
      ...span,
      names: span.names.map(name),
      labels: span.labels.map(name),
      gpu: validText(span.gpu),
      phases: span.phases.map(([text, ...ns]) => [name(text), ...ns] as const),
    })),
  };
}

function rowSpan(row: Row, defaults: Names | undefined, labels: readonly string[]): StagedSpan {
  const durationNs = Number(row.durationNano);
  const ttft = row.timeToFirstTokenNano === undefined ? Number.NaN : Number(row.timeToFirstTokenNano);
  const phases = row.phases.map(
    ({ name, durationNano, startOffsetNano }) =>
      [name, Number(durationNano), Number(startOffsetNano ?? Number.NaN)] as const,
  );
  const status = row.status < 0 || row.status > 255 ? 255 : row.status;
  return {
    names: namesOf(row).map((name, k) => name || (defaults ? namesOf(defaults)[k] : '')),
    labels: labels.map((key) => own(row.labels, key) || own(defaults?.labels, key)),
    gpu: own(row.labels, 'gpu') || own(defaults?.labels, 'gpu'),
    endMs: rowEndMs(BigInt(row.startUnixNano), BigInt(row.durationNano)),
    durationNs,
    status,
    weight: row.weight === 0 ? 1 : row.weight,
    counts: [row.batchSize, row.inputTokens, row.outputTokens].map((count) => count ?? Number.NaN),
    phases: withTokenPhases(phases, durationNs, ttft, row.outputTokens ?? Number.NaN),
    requestId: row.requestId || row.traceId,
  };
}

function columnSpans(columns: Columns, labels: readonly string[]): StagedSpan[] {
  const text = (index: number): string => {
    if (index > columns.strings.length) throw new RangeError('no such string');
    return index === 0 ? '' : columns.strings[index - 1];
  };
  const count = columns.seriesStatus.length;
  const { weight, batchSize, inputTokens, outputTokens, timeToFirstTokenNano: ttft } = columns;
  const offsets = columns.phases.map((phase) => phase.startOffsetNano);
  const optional = [weight, batchSize, inputTokens, outputTokens, ttft, ...offsets].filter(
    (column) => column.length > 0,
  );
  const required = [columns.endUnixNano, columns.durationNano, ...columns.phases.map((p) => p.durationNano)];
  for (const column of [...required, ...optional])
    if (column.length !== count) throw new RangeError('lengths');
  const series = columns.series.map((entry) => {
    if (entry.labels.length % 2 !== 0) throw new RangeError('labels');
    const texts = entry.labels.map(text);
    const pairs = new Map(texts.flatMap((key, k) => (k % 2 === 0 ? [[key, texts[k + 1]] as const] : [])));
    const names = [entry.model, entry.variant, entry.version, entry.operation].map(text);
    return { names, labels: labels.map((key) => pairs.get(key) ?? ''), gpu: pairs.get('gpu') ?? '' };
  });
  const phaseNames = columns.phases.map((phase) => text(phase.name));
  return columns.seriesStatus.map((seriesStatus, i) => {
    if (seriesStatus >>> 2 >= series.length) throw new RangeError('no such series');
    const durationNs = Math.floor(columns.durationNano[i]);
    const phases = columns.phases.map(
      (phase, k) => [phaseNames[k], phase.durationNano[i], phase.startOffsetNano[i] ?? Number.NaN] as const,
    );
    const known = phases.filter(([, ns]) => !Number.isNaN(ns));
    const endNs = BigInt(columns.endUnixNano[i]);
    const tokens = outputTokens[i] ?? Number.NaN;
    return {
      ...series[seriesStatus >>> 2],
      endMs: endNs === 0n || Number.isNaN(durationNs) ? Number.NaN : Number(endNs / 1_000_000n),
      durationNs,
      status: seriesStatus & 3,
      weight: weight[i] || 1,
      counts: [batchSize[i], inputTokens[i], outputTokens[i]].map((value) => value ?? Number.NaN),
      phases: withTokenPhases(known, durationNs, ttft[i] ?? Number.NaN, tokens),
      requestId: '',
    };
  });
}

function namesOf(names: Names): string[] {
  return [names.model, names.variant, names.version, names.operation];
}

function own(record: Readonly<Record<string, string>> | undefined, key: string): string {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : '';
}

function rowEndMs(startNs: bigint, durationNs: bigint): number {
  const endNs = startNs + durationNs;
  const possible = startNs > 0n && durationNs >= 0n && durationNs <= 2n ** 53n - 1n && endNs < 2n ** 64n;
  return possible ? Number(endNs / 1_000_000n) : Number.NaN;
}

type Phases = readonly (readonly [string, number, number])[];

function withTokenPhases(phases: Phases, durationNs: number, ttft: number, tokens: number): Phases {
  const all = mergePhases(phases).slice();
  const add = (name: string, ns: number): void => {
    if (!all.some(([other]) => other === name)) all.push([name, ns, Number.NaN]);
  };
  if (Number.isNaN(ttft)) return all.slice(0, MAX_STAGED_PHASES);
  add('ttft', ttft);
  const perToken = (durationNs - ttft) / (tokens - 1);
  if (tokens >= 2 && durationNs >= ttft) add('tpot', Math.round(perToken));
  return all.slice(0, MAX_STAGED_PHASES);
}

function mergePhases(phases: Phases): Phases {
  const merged = new Map<string, Phases[number]>();
  for (const [name, ns, offset] of phases) {
    const first = merged.get(name);
    if (first === undefined) merged.set(name, [name, ns, offset]);
    else merged.set(name, [name, first[1] < 0 || ns < 0 ? -1 : first[1] + ns, first[2]]);
  }
  return [...merged.values()];
}

function nameText(text: string, maxBytes: number): string {
  return Buffer.byteLength(text) > maxBytes ? TOO_LONG : validText(text);
}

function validText(text: string): string {
  return /\p{Cc}/u.test(text) ? INVALID : text;
}

/** Texts of too many bytes count as one and the same. */
function shortenTexts(value: unknown, maxBytes: number): unknown {
  if (typeof value === 'string') return Buffer.byteLength(value) > maxBytes ? TOO_LONG : value;
  if (Array.isArray(value)) return value.map((item) => shortenTexts(item, maxBytes));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortenTexts(item, maxBytes)]));
}

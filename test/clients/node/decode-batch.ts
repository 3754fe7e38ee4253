import { join } from 'node:path';
import protobuf from 'protobufjs';
import { ROOT } from '../../source-files.ts';

const root = protobuf.loadSync(join(ROOT, 'proto/infermeter/v1/span_service.proto'));
const SpanBatch = root.lookupType('infermeter.v1.SpanBatch');

/** A `SpanBatch` of columns as protobufjs reads it; 64-bit integers as decimal strings. */
export interface DecodedBatch {
  readonly producerId: Uint8Array;
  readonly sequence: string;
  readonly dropped: string;
  readonly columns: DecodedColumns | null;
}

export interface DecodedColumns {
  readonly strings: readonly string[];
  readonly series: readonly {
    readonly model: number;
    readonly variant: number;
    readonly version: number;
    readonly operation: number;
    readonly labels: readonly number[];
  }[];
  readonly seriesStatus: readonly number[];
  readonly endUnixNano: readonly string[];
  readonly durationNano: readonly number[];
  readonly phases: readonly { readonly name: number; readonly durationNano: readonly number[] }[];
  readonly weight: readonly number[];
  readonly batchSize: readonly number[];
  readonly inputTokens: readonly number[];
  readonly outputTokens: readonly number[];
  readonly timeToFirstTokenNano: readonly number[];
}

export function decodeBatch(bytes: Uint8Array): DecodedBatch {
  const message = SpanBatch.decode(bytes);
  return SpanBatch.toObject(message, { defaults: true, longs: String, arrays: true }) as DecodedBatch;
}

/** One span of the batch, by the names of the wire contract, without what it does not say. */
export function spanAt(columns: DecodedColumns, index: number): Record<string, unknown> {
  const text = (reference: number): string => (reference === 0 ? '' : columns.strings[reference - 1]);
  const code = columns.seriesStatus[index];
  const series = columns.series[Math.floor(code / 4)];
  const labels = series.labels.map(text);
  const optional = (values: readonly number[]): number | undefined =>
    values.length === 0 || Number.isNaN(values[index]) ? undefined : values[index];
  return {
    model: text(series.model),
    variant: text(series.variant),
    version: text(series.version),
    operation: text(series.operation),
    labels: Object.fromEntries(labels.flatMap((key, i) => (i % 2 === 0 ? [[key, labels[i + 1]]] : []))),
    status: code % 4,
    endUnixNano: columns.endUnixNano[index],
    durationNano: columns.durationNano[index],
    phases: Object.fromEntries(
      columns.phases.flatMap((phase) => {
        const value = optional(phase.durationNano);
        return value === undefined ? [] : [[text(phase.name), value]];
      }),
    ),
    weight: optional(columns.weight),
    batchSize: optional(columns.batchSize),
    inputTokens: optional(columns.inputTokens),
    outputTokens: optional(columns.outputTokens),
    timeToFirstTokenNano: optional(columns.timeToFirstTokenNano),
  };
}

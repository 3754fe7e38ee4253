import type { AnyValueFields, ExportFields, KeyValueFields, SpanFields } from './otlp-codec.ts';

/** When the spans of tests begin, unless they say otherwise. */
const START_NS = 1_800_000_000_000_000_000n;
export const START_MS = Number(START_NS / 1_000_000n);

export const Kind = { internal: 1, server: 2, client: 3 } as const;

/** Integers become `intValue`, others `doubleValue`; a value as protobufjs has it stays as it is. */
export type Value = string | number | boolean | AnyValueFields;

/** A span in words; what is left out gets a value that is as good as any. */
export interface SpanWords {
  readonly name?: string;
  readonly kind?: number;
  /** Numbers from which ids are made; a span without a parent is a root. */
  readonly trace?: number;
  readonly id?: number;
  readonly parent?: number;
  /** After `START_NS`. */
  readonly startNs?: number;
  readonly durationNs?: number;
  readonly attributes?: Readonly<Record<string, Value>>;
  /** Name → nanoseconds after `START_NS`; a list for an event that comes more than once. */
  readonly events?: Readonly<Record<string, number | readonly number[]>>;
  readonly status?: number;
}

export interface ExportWords {
  readonly resource?: Readonly<Record<string, Value>>;
  readonly scope?: string;
  readonly spans: readonly SpanWords[];
}

let lastId = 1_000_000;

export function exportOf({ resource = {}, scope = '', spans }: ExportWords): ExportFields {
  return {
    resourceSpans: [
      {
        resource: { attributes: valuesOf(resource) },
        scopeSpans: [{ scope: { name: scope }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf(words: SpanWords): SpanFields {
  const { name = 'span', kind = Kind.internal, trace, id, parent, startNs = 0, durationNs = 1e9 } = words;
  const { attributes = {}, events = {}, status = 0 } = words;
  return {
    traceId: idOf(trace ?? lastId++, 16),
    spanId: idOf(id ?? lastId++, 8),
    ...(parent !== undefined && { parentSpanId: idOf(parent, 8) }),
    name,
    kind,
    startTimeUnixNano: timeOf(startNs),
    endTimeUnixNano: timeOf(startNs + durationNs),
    attributes: valuesOf(attributes),
    events: Object.entries(events).flatMap(([event, times]) =>
      [times].flat().map((atNs) => ({ name: event, timeUnixNano: timeOf(atNs) })),
    ),
    status: { code: status },
  };
}

function timeOf(offsetNs: number): string {
  return String(START_NS + BigInt(offsetNs));
}

/** The same number in every word, so that no part of an id is zero. */
function idOf(number: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32BE(number, at);
  return bytes;
}

function valuesOf(values: Readonly<Record<string, Value>>): KeyValueFields[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValueOf(value) }));
}

function anyValueOf(value: Value): AnyValueFields {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return value;
  }
}

import { MalformedBatch } from '../../../agent/ingest/malformed-batch.ts';
import type { AttributeValues } from '../../../agent/ingest/otlp/attribute-values.ts';
import { JsonTraceReader } from '../../../agent/ingest/otlp/json-trace-reader.ts';
import { MappingSet } from '../../../agent/ingest/otlp/mapping-set.ts';
import { declareMapping, REQUEST } from '../../../agent/ingest/otlp/server-mapping.ts';
import { type SpanVisitor, TraceReader } from '../../../agent/ingest/otlp/trace-reader.ts';
import { type AnyValueFields, decodeExport, type KeyValueFields, type SpanFields } from './otlp-codec.ts';

/** Asked for by the mapping of these tests; anything else is passed over. */
export const KEYS = ['gen_ai.request.model', 'gen_ai.request.mode1', 'k', '', 'gen_ai.latency.e2e'] as const;
export const EVENTS = ['QUEUE_START', 'COMPUTE_START', ''] as const;
export const TEXTS = ['llm_request', 'vllm.llm_engine', ''] as const;

/** What may be asked of a span, as a value that can be compared. */
export interface SpanSnapshot {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly knownName: number;
  readonly scope: number;
  readonly kind: number;
  readonly statusCode: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Number and text of each key that is there. */
  readonly attributes: Readonly<Record<string, readonly [number, string]>>;
  readonly resource: Readonly<Record<string, readonly [number, string]>>;
  /** From the span's start. */
  readonly events: Readonly<Record<string, number>>;
}

const own = <T extends readonly string[]>(texts: T): Record<string, string> =>
  Object.fromEntries(texts.map((text) => [text, text]));

const probe = declareMapping({
  server: 'probe',
  attributes: own(KEYS),
  resource: own(KEYS),
  events: own(EVENTS),
  texts: own(TEXTS),
  bind: () => ({ claims: () => true, map: () => REQUEST }),
});

/** Our readers, with a mapping that asks for the keys above; reused from message to message as in the agent. */
export class ProbeReader implements SpanVisitor {
  readonly set = new MappingSet([probe], { labels: [], labelBytes: 64 });
  readonly #protobuf = new TraceReader(this.set);
  readonly #json = new JsonTraceReader(this.set);
  #spans: SpanSnapshot[] = [];

  /** Undefined: malformed. */
  read(bytes: Uint8Array): readonly SpanSnapshot[] | undefined {
    return this.#collect(() => this.#protobuf.read(bytes, this));
  }

  readJson(value: unknown): readonly SpanSnapshot[] | undefined {
    return this.#collect(() => this.#json.read(value, this));
  }

  visitSpan(): void {
    const { span } = this.set;
    this.#spans.push({
      traceId: hexOf(span.traceId),
      spanId: hexOf(span.spanId),
      parentId: hexOf(span.parentId),
      name: span.nameText,
      knownName: span.name,
      scope: span.scope,
      kind: span.kind,
      statusCode: span.statusCode,
      startNs: (BigInt(span.startHigh) << 32n) + BigInt(span.startLow),
      endNs: (BigInt(span.endHigh) << 32n) + BigInt(span.endLow),
      attributes: valuesOf(span.attributes),
      resource: valuesOf(span.resource),
      events: Object.fromEntries(
        EVENTS.flatMap((name, slot) => (span.hasEvent(slot) ? [[name, span.eventNs(slot)]] : [])),
      ),
    });
  }

  #collect(read: () => void): readonly SpanSnapshot[] | undefined {
    this.#spans = [];
    try {
      read();
    } catch (error) {
      if (error instanceof MalformedBatch) return undefined;
      throw error;
    }
    return this.#spans;
  }
}

/** What protobufjs makes of the same bytes; undefined: it refuses them. */
export function expectedSpans(bytes: Uint8Array): readonly SpanSnapshot[] | undefined {
  const { resourceSpans = [] } = decoded(bytes) ?? { resourceSpans: undefined };
  if (decoded(bytes) === undefined) return undefined;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({
        ...expectedSpan(span),
        scope: (TEXTS as readonly string[]).indexOf(scope?.name ?? ''),
        resource: expectedValues(resource?.attributes ?? []),
      })),
    ),
  );
}

function decoded(bytes: Uint8Array) {
  try {
    return decodeExport(bytes);
  } catch {
    return undefined;
  }
}

function expectedSpan(span: SpanFields): Omit<SpanSnapshot, 'scope' | 'resource'> {
  const startNs = BigInt(span.startTimeUnixNano ?? 0);
  const events: Record<string, number> = {};
  const times: Record<string, bigint> = {};
  for (const { name = '', timeUnixNano = '0' } of span.events ?? []) {
    if (!(EVENTS as readonly string[]).includes(name)) continue;
    const timeNs = BigInt(timeUnixNano);
    if (times[name] !== undefined && times[name] <= timeNs) continue;
    times[name] = timeNs;
    events[name] = Number(timeNs - startNs);
  }
  return {
    traceId: expectedId(span.traceId, 16),
    spanId: expectedId(span.spanId, 8),
    parentId: expectedId(span.parentSpanId, 8),
    name: span.name ?? '',
    knownName: (TEXTS as readonly string[]).indexOf(span.name ?? ''),
    kind: (span.kind ?? 0) >>> 0,
    statusCode: Math.min((span.status?.code ?? 0) >>> 0, 255),
    startNs,
    endNs: BigInt(span.endTimeUnixNano ?? 0),
    attributes: expectedValues(span.attributes ?? []),
    events,
  };
}

function expectedId(id: Uint8Array | undefined, length: number): string {
  return id?.length === length ? Buffer.from(id).toString('hex') : '00'.repeat(length);
}

function expectedValues(attributes: readonly KeyValueFields[]): Record<string, readonly [number, string]> {
  const last = new Map(attributes.map(({ key = '', value }) => [key, value ?? {}]));
  const given = [...last].filter(([key, value]) => isAsked(key) && Object.keys(value).length > 0);
  return Object.fromEntries(given.map(([key, value]) => [key, expectedValue(value)]));
}

function isAsked(key: string): boolean {
  return (KEYS as readonly string[]).includes(key);
}

function expectedValue(value: AnyValueFields): readonly [number, string] {
  if (value.stringValue !== undefined) return [numberOfText(value.stringValue), value.stringValue];
  if (value.boolValue !== undefined) return [Number(value.boolValue), String(value.boolValue)];
  const number = value.intValue ?? value.doubleValue;
  return number === undefined ? [Number.NaN, ''] : [Number(number), String(Number(number))];
}

function numberOfText(text: string): number {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
}

function hexOf(words: Uint32Array): string {
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function valuesOf(values: AttributeValues): Record<string, readonly [number, string]> {
  const slots = KEYS.map((key, slot) => [key, slot] as const).filter(([, slot]) => values.has(slot));
  return Object.fromEntries(
    slots.map(([key, slot]) => [key, [values.number(slot), values.text(slot)] as const]),
  );
}

import { join } from 'node:path';
import protobuf from 'protobufjs';
import { ROOT } from '../../source-files.ts';

/** OTLP as protobufjs sees our declaration of it: the reference that our own reader is held to. */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(ROOT, 'proto', target);
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');

const COLLECTOR = 'opentelemetry.proto.collector.trace.v1';
export const requestType = root.lookupType(`${COLLECTOR}.ExportTraceServiceRequest`);
const responseType = root.lookupType(`${COLLECTOR}.ExportTraceServiceResponse`);

/** One of the values of `AnyValue`. */
export interface AnyValueFields {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValueFields[] };
  readonly kvlistValue?: { readonly values: readonly KeyValueFields[] };
  readonly bytesValue?: Uint8Array;
}

export interface KeyValueFields {
  readonly key: string;
  readonly value?: AnyValueFields;
}

export interface SpanFields {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly traceState?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValueFields[];
  readonly events?: readonly {
    readonly timeUnixNano?: string;
    readonly name?: string;
    readonly attributes?: readonly KeyValueFields[];
  }[];
  readonly links?: readonly {
    readonly traceId?: Uint8Array;
    readonly attributes?: readonly KeyValueFields[];
  }[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly flags?: number;
}

export interface ExportFields {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValueFields[] };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string; readonly version?: string };
      readonly spans?: readonly SpanFields[];
    }[];
  }[];
}

export function encodeExport(fields: ExportFields): Uint8Array {
  return requestType.encode(requestType.fromObject(fields)).finish();
}

/** 64-bit integers become strings; what is not set is not there. */
export function decodeExport(bytes: Uint8Array): ExportFields {
  return requestType.toObject(requestType.decode(bytes), { longs: String });
}

export function decodeResponse(bytes: Uint8Array): Record<string, unknown> {
  return responseType.toObject(responseType.decode(bytes), { longs: Number });
}

/** The same request as OTLP's JSON has it: ids in hexadecimal digits, other bytes in base64. */
export function jsonOf(value: unknown, key = ''): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString(key.endsWith('Id') ? 'hex' : 'base64');
  if (Array.isArray(value)) return value.map((item) => jsonOf(item));
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, jsonOf(item, name)]));
}

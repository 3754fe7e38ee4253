import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const PROTO = fileURLToPath(new URL('../../proto/infermeter/v1/span_service.proto', import.meta.url));

/** `infermeter.v1` as protobufjs sees it: the reference that our own reader is held to. */
export const protocol = protobuf.loadSync(PROTO);

const spanBatch = protocol.lookupType('infermeter.v1.SpanBatch');
const batchAck = protocol.lookupType('infermeter.v1.BatchAck');

/** The JSON form of a message, with camel case names; 64-bit integers as numbers, strings or bigints. */
export type MessageFields = Record<string, unknown>;

export function encodeBatch(fields: MessageFields): Uint8Array {
  return spanBatch.encode(spanBatch.fromObject(stringifyBigints(fields) as MessageFields)).finish();
}

/** 64-bit integers become strings, other defaults are filled in. */
export function decodeBatch(bytes: Uint8Array): MessageFields {
  return spanBatch.toObject(spanBatch.decode(bytes), { longs: String, defaults: true, arrays: true });
}

export function decodeAck(bytes: Uint8Array): MessageFields {
  return batchAck.toObject(batchAck.decode(bytes), { longs: Number, defaults: true, arrays: true });
}

function stringifyBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(stringifyBigints);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stringifyBigints(item)]));
}

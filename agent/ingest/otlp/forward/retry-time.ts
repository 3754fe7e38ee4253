import { MalformedBatch } from '../../malformed-batch.ts';
import { WireCursor } from '../../wire-cursor.ts';

/** Tags of protobuf: a message or text in field 1, 2 or 3; a varint in field 1 or 2. */
const LENGTH_1 = 10;
const LENGTH_2 = 18;
const LENGTH_3 = 26;
const VARINT_1 = 8;
const VARINT_2 = 16;
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * The header `Retry-After` (RFC 9110, section 10.2.3), seconds or a date, as milliseconds from `nowMs`; undefined
 * where it is neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const delayMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.max(0, delayMs);
}

/**
 * The delay of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status`, which the trailer
 * `grpc-status-details-bin` holds; undefined where there is none.
 */
export function decodeRetryInfo(status: Uint8Array): number | undefined {
  const cursor = new WireCursor();
  cursor.reset(status);
  try {
    while (cursor.at < status.length) {
      const tag = cursor.varint(status.length);
      if (tag !== LENGTH_3) cursor.skip(tag, status.length);
      else {
        const delayMs = decodeDetail(cursor, cursor.lengthEnd(status.length));
        if (delayMs !== undefined) return delayMs;
      }
    }
  } catch (error) {
    if (!(error instanceof MalformedBatch)) throw error;
  }
  return undefined;
}

/** A `google.protobuf.Any`. */
function decodeDetail(cursor: WireCursor, end: number): number | undefined {
  let isRetryInfo = false;
  let delayMs: number | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    if (tag === LENGTH_1) {
      const textEnd = cursor.lengthEnd(end);
      isRetryInfo = Buffer.from(cursor.bytes.subarray(cursor.at, textEnd)).toString() === RETRY_INFO;
      cursor.at = textEnd;
    } else if (tag === LENGTH_2) {
      const valueEnd = cursor.lengthEnd(end);
      if (isRetryInfo) delayMs = decodeDelay(cursor, valueEnd);
      cursor.at = valueEnd;
    } else cursor.skip(tag, end);
  }
  return delayMs;
}

/** `RetryInfo`: a `Duration` in field 1. */
function decodeDelay(cursor: WireCursor, end: number): number {
  let delayMs = 0;
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    if (tag !== LENGTH_1) {
      cursor.skip(tag, end);
      continue;
    }
    const durationEnd = cursor.lengthEnd(end);
    while (cursor.at < durationEnd) {
      const part = cursor.varint(durationEnd);
      if (part === VARINT_1) delayMs += cursor.int64(durationEnd) * 1000;
      else if (part === VARINT_2) delayMs += cursor.int64(durationEnd) / 1e6;
      else cursor.skip(part, durationEnd);
    }
  }
  return Math.max(0, delayMs);
}

import { MalformedBatch } from '../../malformed-batch.ts';
import { WireCursor } from '../../wire-cursor.ts';

/** What a far end did not take of an export that it took. */
export interface PartialSuccess {
  readonly rejectedItems: number;
  readonly reason: string;
}

const NONE: PartialSuccess = { rejectedItems: 0, reason: '' };
const REJECTED_KEYS = ['rejectedSpans', 'rejectedDataPoints', 'rejectedLogRecords'] as const;
/** Tags of protobuf: field 1 as a message, field 1 as a varint, field 2 as text. */
const MESSAGE_1 = 10;
const VARINT_1 = 8;
const TEXT_2 = 18;

/**
 * Reads an `Export…ServiceResponse` (OTLP 1), of which those of all signals have one shape. What does not parse says
 * nothing: the export was taken all the same.
 */
export function decodePartialSuccess(bytes: Uint8Array): PartialSuccess {
  const cursor = new WireCursor();
  cursor.reset(bytes);
  let found = NONE;
  try {
    while (cursor.at < bytes.length) {
      const tag = cursor.varint(bytes.length);
      if (tag === MESSAGE_1) found = decodeMessage(cursor, cursor.lengthEnd(bytes.length));
      else cursor.skip(tag, bytes.length);
    }
    return found;
  } catch (error) {
    if (error instanceof MalformedBatch) return NONE;
    throw error;
  }
}

/** The same in OTLP's JSON form. */
export function parsePartialSuccess(text: string): PartialSuccess {
  try {
    const { partialSuccess = {} } = JSON.parse(text) as { partialSuccess?: Record<string, unknown> };
    const rejected = REJECTED_KEYS.map((key) => Number(partialSuccess[key] ?? 0)).find((count) => count > 0);
    return { rejectedItems: rejected ?? 0, reason: String(partialSuccess['errorMessage'] ?? '') };
  } catch {
    return NONE;
  }
}

function decodeMessage(cursor: WireCursor, end: number): PartialSuccess {
  let rejectedItems = 0;
  let reason = '';
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    if (tag === VARINT_1) rejectedItems = Math.max(0, cursor.int64(end));
    else if (tag === TEXT_2) {
      const textEnd = cursor.lengthEnd(end);
      reason = Buffer.from(cursor.bytes.subarray(cursor.at, textEnd)).toString();
      cursor.at = textEnd;
    } else cursor.skip(tag, end);
  }
  return { rejectedItems, reason };
}

import type { BatchAck } from './span-intake.ts';

const TWO_POW_7 = 128;
/** 1 + 10 for the sequence, 1 + 5 for each count, 2 for the flag. */
const MAX_HEAD_BYTES = 25;
/** Two tags and lengths, an index, and a reason, whose names are all shorter than this. */
const MAX_REJECTION_BYTES = 48;

/** Hot. A `BatchAck` as protobuf, written by hand because proto-loader's way costs more than reading the batch. */
export function encodeBatchAck(ack: BatchAck): Buffer {
  const bytes = Buffer.allocUnsafe(MAX_HEAD_BYTES + ack.rejections.length * MAX_REJECTION_BYTES);
  let at = writeField(bytes, 0, 8, ack.sequence);
  at = writeField(bytes, at, 16, ack.accepted);
  at = writeField(bytes, at, 24, ack.rejected);
  at = writeField(bytes, at, 32, ack.duplicate ? 1 : 0);
  for (const { index, reason } of ack.rejections) {
    const lengthAt = at + 1;
    bytes[at] = 42;
    at = writeField(bytes, lengthAt + 1, 8, index);
    bytes[at] = 18;
    bytes[at + 1] = bytes.write(reason, at + 2, 'latin1');
    at += 2 + reason.length;
    bytes[lengthAt] = at - lengthAt - 1;
  }
  return bytes.subarray(0, at);
}

/** A varint field with a one-byte tag, left out where it is 0; returns where it ends. */
function writeField(bytes: Buffer, start: number, tag: number, value: number): number {
  if (value === 0) return start;
  let at = start;
  bytes[at++] = tag;
  let rest = value;
  while (rest >= TWO_POW_7) {
    bytes[at++] = (rest % TWO_POW_7) | 128;
    rest = Math.floor(rest / TWO_POW_7);
  }
  bytes[at++] = rest;
  return at;
}

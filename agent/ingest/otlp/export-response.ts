const TWO_POW_7 = 128;
const MAX_HEAD_BYTES = 16;

/** What became of an export that parsed. */
export interface ExportResult {
  readonly kind: 'taken';
  /** Spans that were refused; those that are no requests are none of them. */
  readonly rejected: number;
  /** Why the first of them was; empty if none was. */
  readonly reason: string;
}

/** An `ExportTraceServiceResponse` (OTLP 1) as protobuf: empty if all was taken. */
export function encodeExportResponse({ rejected, reason }: ExportResult): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  const text = Buffer.from(reason);
  const success = Buffer.alloc(MAX_HEAD_BYTES + text.length);
  success[0] = 8;
  let at = writeVarint(success, 1, rejected);
  success[at] = 18;
  at = writeVarint(success, at + 1, text.length);
  at += text.copy(success, at);
  const head = Buffer.alloc(MAX_HEAD_BYTES);
  head[0] = 10;
  return Buffer.concat([head.subarray(0, writeVarint(head, 1, at)), success.subarray(0, at)]);
}

/** The same as JSON; 64-bit integers are strings there. */
export function exportResponseJson({ rejected, reason }: ExportResult): object {
  return rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: reason } };
}

/** A `google.rpc.Status` as protobuf, the body of an OTLP/HTTP failure; `code` is a gRPC status code. */
export function encodeStatus(code: number, message: string): Buffer {
  const text = Buffer.from(message);
  const bytes = Buffer.alloc(MAX_HEAD_BYTES + text.length);
  bytes[0] = 8;
  let at = writeVarint(bytes, 1, code);
  bytes[at] = 18;
  at = writeVarint(bytes, at + 1, text.length);
  at += text.copy(bytes, at);
  return bytes.subarray(0, at);
}

/** Returns where it ends. */
function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= TWO_POW_7) {
    bytes[at++] = (rest % TWO_POW_7) | 128;
    rest = Math.floor(rest / TWO_POW_7);
  }
  bytes[at++] = rest;
  return at;
}

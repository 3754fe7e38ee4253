/** What an export is of. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';

/** An export as a server's SDK sent it, unpacked. */
export interface OtlpExport {
  readonly signal: OtlpSignal;
  readonly format: 'protobuf' | 'json';
  /** The message. */
  readonly bytes: Uint8Array;
  /** Value of the header `FORWARDED_HEADER` that it came with; empty: none. */
  readonly trail: string;
}

/** Who wants to see what was accepted. */
export interface ExportTap {
  /** Hot: takes note and returns. The bytes are the caller's again then. */
  offer(sent: OtlpExport): void;
}

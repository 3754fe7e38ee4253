import type { OtlpExport } from './otlp-export.ts';

/** How the far end answered. Expected failures are values. */
export type ForwardOutcome =
  /** Taken, but for so many spans, data points or log records. */
  | { readonly kind: 'accepted'; readonly rejectedItems: number; readonly reason: string }
  /** To be sent again, not before `afterMs` where the far end named a time. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** For good. */
  | { readonly kind: 'refused'; readonly reason: string };

export type ForwardHeaders = Readonly<Record<string, string>>;

/** Speaks to the far end, nothing else: what waits, is tried again or counted is the forwarder's. */
export interface ExportSender {
  /** One request. Never rejects; resolves `retry` when `signal` aborts. Several may be under way. */
  send(sent: OtlpExport, headers: ForwardHeaders, signal: AbortSignal): Promise<ForwardOutcome>;
  /** Lets go of connections. */
  close(): void;
}

export const NO_ANSWER = 'no answer in time';
const MAX_REASON = 200;

/** What the far end says, on one line and not too long. */
export function shortened(text: string): string {
  const line = text.replace(/[\p{Cc}\uFFFD]+/gu, ' ').trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}…` : line;
}

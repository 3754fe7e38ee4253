/** Twice the 5 s after which batch processors of OpenTelemetry's SDKs export, with time for the way. */
const LONGEST_WAIT_MS = 12_000;
/** Of the wait, for an agent that is busy. */
const MARGIN = 0.25;
/** Requests that are due are asked for every second. */
const MIN_MARGIN_MS = 1250;

/** How long a span may wait for others of its trace. */
export interface WaitLimits {
  readonly waitMs: number;
  /** How long after its completion a request still counts. */
  readonly latenessMs: number;
}

/** Waiting takes at most half the lateness, so that it makes no request too late. */
export function waitLimits(latenessMs: number): WaitLimits {
  return { waitMs: Math.min(LONGEST_WAIT_MS, latenessMs / 2), latenessMs };
}

/** When a request that completed at `endMs` has waited long enough: at once, if waiting could make it too late. */
export function dueMs({ waitMs, latenessMs }: WaitLimits, endMs: number, nowMs: number): number {
  const marginMs = Math.max(MIN_MARGIN_MS, MARGIN * waitMs);
  return endMs + latenessMs >= nowMs + waitMs + marginMs ? nowMs + waitMs : nowMs;
}

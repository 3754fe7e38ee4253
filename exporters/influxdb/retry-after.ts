/** A server may ask for patience, not for hours of it: the batch behind would wait as well. */
const MAX_RETRY_AFTER_MS = 600_000;

/**
 * The header `Retry-After` (RFC 9110, section 10.2.3) in milliseconds: whole seconds, or a date compared with
 * `nowMs`. At most ten minutes; undefined where it says neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (Number.isNaN(delayMs)) return undefined;
  return Math.min(Math.max(0, delayMs), MAX_RETRY_AFTER_MS);
}

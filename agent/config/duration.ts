const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** `10s`, `1m`, `200ms`, `1.5h` → whole milliseconds; undefined where the text is none, or has a fraction of one. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/**
 * The shortest way to write a duration with one whole number, hours at most (`1m` for 60 s, `90s`, `24h`). It is
 * canonical: two texts of one duration become the same, so it also names windows in the tag `window`.
 */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  for (const unit of ['h', 'm', 's'] as const) {
    if (durationMs % UNITS_MS[unit] === 0) return `${durationMs / UNITS_MS[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}

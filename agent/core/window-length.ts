/** One rolling window in slices. */
export interface WindowLength {
  /** Canonical: 10s, 1m, 5m. */
  readonly name: string;
  /** Length in slices. */
  readonly slices: number;
  /** It moves by this many slices: a sixth of the window, rounded up. */
  readonly hop: number;
}

const HOPS_PER_WINDOW = 6;

export function createWindowLength(windowMs: number, intervalMs: number): WindowLength {
  const slices = windowMs / intervalMs;
  if (!Number.isInteger(slices) || slices < 1)
    throw new Error(`bug: ${windowMs} ms is no multiple of the interval`);
  return { name: formatWindow(windowMs), slices, hop: Math.ceil(slices / HOPS_PER_WINDOW) };
}

/** The largest unit that divides it: 60000 → 1m, 90000 → 90s. */
function formatWindow(windowMs: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ] as const;
  for (const [unitMs, unit] of units) if (windowMs % unitMs === 0) return `${windowMs / unitMs}${unit}`;
  return `${windowMs}ms`;
}

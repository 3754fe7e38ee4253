/** A ring longer than this costs memory in every series. */
export const MAX_RING_SLICES = 360;

/**
 * The windows that are kept: ascending, each once, the interval always among them. Where windows were not chosen,
 * those of the default that are no multiple of the interval are left out.
 */
export function effectiveWindowsMs(
  windowsMs: readonly number[],
  intervalMs: number,
  chosen: boolean,
): readonly number[] {
  const kept = chosen ? windowsMs : windowsMs.filter((windowMs) => windowMs % intervalMs === 0);
  return [...new Set([intervalMs, ...kept])].sort((a, b) => a - b);
}

/** Slices that the longest window and late spans need, with the open one and one for its closing. */
export function ringSlices(windowsMs: readonly number[], latenessMs: number, intervalMs: number): number {
  return Math.ceil((Math.max(...windowsMs) + latenessMs) / intervalMs) + 2;
}

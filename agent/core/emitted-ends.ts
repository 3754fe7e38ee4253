/** Ends later than the first bound and up to the second, in Unix ms. */
export type EndRange = readonly [afterMs: number, toMs: number];

/** By window name, so that a configuration that changed keeps what is still true. */
export interface EmittedRanges {
  readonly sealed: Readonly<Record<string, readonly EndRange[]>>;
  readonly current: Readonly<Record<string, readonly EndRange[]>>;
}

/** Ranges of one window beyond this are joined, the gap between them included: silence rather than a second truth. */
const MAX_RANGES = 16;

/**
 * Which ends were emitted of which window. When the clock is set back or the slices are lost, these ends are sealed:
 * what is counted from then on must not overwrite them. Ends that a clock set forward leapt over stay free.
 */
export class EmittedEnds {
  #sealed = new Map<string, EndRange[]>();
  #current = new Map<string, EndRange[]>();
  #floorMs = Number.NEGATIVE_INFINITY;

  mark(window: string, [afterMs, toMs]: EndRange): void {
    if (toMs > afterMs)
      this.#current.set(window, joined([...(this.#current.get(window) ?? []), [afterMs, toMs]]));
  }

  isSealed(window: string, endMs: number): boolean {
    if (endMs <= this.#floorMs) return true;
    return this.#sealed.get(window)?.some(([afterMs, toMs]) => endMs > afterMs && endMs <= toMs) ?? false;
  }

  /** Nothing that was emitted up to now is emitted again. */
  seal(): void {
    for (const [window, ranges] of this.#current) {
      this.#sealed.set(window, joined([...(this.#sealed.get(window) ?? []), ...ranges]));
    }
    this.#current = new Map();
  }

  /** Seals all ends up to this one, of all windows. */
  sealUntil(endMs: number): void {
    this.#floorMs = Math.max(this.#floorMs, endMs);
  }

  ranges(): EmittedRanges {
    return { sealed: Object.fromEntries(this.#sealed), current: Object.fromEntries(this.#current) };
  }

  restore({ sealed, current }: EmittedRanges): void {
    const copy = (ranges: Readonly<Record<string, readonly EndRange[]>>) =>
      new Map(Object.entries(ranges).map(([window, list]) => [window, joined(list)]));
    this.#sealed = copy(sealed);
    this.#current = copy(current);
  }
}

/** In order, without overlaps, and bounded. */
function joined(ranges: readonly EndRange[]): EndRange[] {
  const result: [number, number][] = [];
  for (const [afterMs, toMs] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && afterMs <= last[1]) last[1] = Math.max(last[1], toMs);
    else result.push([afterMs, toMs]);
  }
  while (result.length > MAX_RANGES) {
    const [oldest] = result.splice(0, 1);
    result[0][0] = oldest[0];
  }
  return result;
}

const TWO_POW_32 = 4_294_967_296;
/** 2^32 ns are 4294 ms and this many ns. */
const REST_NS = 967_296;
const MS_PER_HIGH = 4294;

/** Unix nanoseconds as two unsigned halves → whole milliseconds, rounded down; exact, without a BigInt. 0 is NaN. */
export function unixMs(low: number, high: number): number {
  if (high === 0 && low === 0) return Number.NaN;
  return high * MS_PER_HIGH + Math.floor((high * REST_NS + low) / 1e6);
}

/**
 * The millisecond in which a span ended, from its start (two unsigned halves) and its duration in ns (an integer).
 * NaN: no start, an impossible duration, or the sum does not fit into 64 bits.
 */
export function spanEndMs(startLow: number, startHigh: number, durationNs: number): number {
  if (startLow === 0 && startHigh === 0) return Number.NaN;
  if (!(durationNs >= 0 && durationNs <= Number.MAX_SAFE_INTEGER)) return Number.NaN;
  const durationHigh = Math.floor(durationNs / TWO_POW_32);
  let low = startLow + (durationNs - durationHigh * TWO_POW_32);
  let high = startHigh + durationHigh;
  if (low >= TWO_POW_32) {
    low -= TWO_POW_32;
    high++;
  }
  return high < TWO_POW_32 ? unixMs(low, high) : Number.NaN;
}

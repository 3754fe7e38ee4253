const MINUTE_MS = 60_000;

/** Slices that are a minute together; more than one minute where the interval does not divide it. */
export function slicesPerMinute(intervalMs: number): number {
  return Math.ceil(MINUTE_MS / intervalMs);
}

/** When in a minute one agent of a fleet writes. */
export interface MinutePlace {
  /** How long after a flush it begins to send; less than the interval, a minute at most. */
  readonly offsetMs: number;
  /** How many flushes later than it could it writes what comes once a minute. */
  readonly delaySlices: number;
}

/**
 * The agents of a fleet flush at the same moment, so that their windows agree; what they write is spread over the
 * minute by the hash of their `instance`. One place serves both parts: were they drawn apart from each other by the
 * same hash, those who write their minute in the same flush would also send in the same second.
 */
export function minutePlace(instance: string, intervalMs: number): MinutePlace {
  const slices = slicesPerMinute(intervalMs);
  const cycleMs = slices === 1 ? MINUTE_MS : slices * intervalMs;
  const placeMs = fractionOf(instance) * cycleMs;
  const delaySlices = slices === 1 ? 0 : Math.floor(placeMs / intervalMs);
  return { offsetMs: placeMs - delaySlices * intervalMs, delaySlices };
}

/**
 * A number from 0 to 1 that is the same for the same text: FNV-1a, finished as MurmurHash3 does, without which names
 * that differ in their last digit only would stand side by side.
 */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Names the agents that passed an export on, so that none of them does it twice. */
export const FORWARDED_HEADER = 'infermeter-forwarded';

const TRAIL = /^[0-9a-f]{1,32}(,[0-9a-f]{1,32}){0,7}$/;
const MAX_AGENTS = 8;

/** A name for one run of an agent. `random`: 0 ≤ x < 1. */
export function createTrailId(random: () => number): string {
  const half = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}

/** The trail with this agent at its end; undefined: it was here before, or has come too far, or is none of ours. */
export function extendTrail(trail: string, id: string): string | undefined {
  if (trail === '') return id;
  if (!TRAIL.test(trail)) return undefined;
  const ids = trail.split(',');
  return ids.includes(id) || ids.length === MAX_AGENTS ? undefined : `${trail},${id}`;
}

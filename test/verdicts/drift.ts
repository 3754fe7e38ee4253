import { createNormal } from './traffic.ts';

/** How durations change while a recording lasts, beside requests that differ by chance. */
export interface Drift {
  /**
   * `linear`: away from the truth, all the time; `warm-up`: towards it, by e in an eighth to a half of the time; `slow
   * start`: they take `amplitude` times longer for the first 10 s; otherwise the slices' level follows itself at this ρ.
   */
  readonly kind: 'linear' | 'warm-up' | 'slow start' | number;
  /** Relative: the whole of it; of a level that follows itself, four standard deviations. */
  readonly amplitude: number;
}

const SLOW_START_SECONDS = 10;

/** The factor of durations in each second; to be called with one after another. */
export function createDrift(
  { kind, amplitude }: Drift,
  seconds: number,
  random: () => number,
): (second: number) => number {
  const sign = random() < 0.5 ? -1 : 1;
  if (kind === 'linear') return (second) => 1 + (sign * amplitude * second) / seconds;
  if (kind === 'slow start') return (second) => (second < SLOW_START_SECONDS ? amplitude : 1);
  if (kind === 'warm-up') {
    const time = seconds / (2 + 6 * random());
    return (second) => 1 + sign * amplitude * Math.exp(-second / time);
  }
  const normal = createNormal(random);
  let level = normal();
  return () => {
    const factor = 1 + (amplitude / 4) * level;
    level = kind * level + Math.sqrt(1 - kind * kind) * normal();
    return factor;
  };
}

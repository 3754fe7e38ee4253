/** A small deterministic generator (mulberry32): uniform in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Latencies in seconds, by the shapes that serving shows. */
export const latencyShapes: Readonly<Record<string, (random: () => number) => number>> = {
  lognormal: (random) => 0.02 * Math.exp(0.6 * normal(random)),
  pareto: (random) => 0.005 / (1 - random()) ** (1 / 1.5),
  bimodal: (random) => (random() < 0.8 ? 0.004 : 0.3) * Math.exp(0.1 * normal(random)),
};

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The value at rank ceil(p · n) of values in ascending order. */
export function exactQuantile(ascending: readonly number[], p: number): number {
  return ascending[Math.ceil(p * ascending.length) - 1] ?? Number.NaN;
}

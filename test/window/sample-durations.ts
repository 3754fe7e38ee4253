/** Shapes that latencies of inference have: skewed, heavy-tailed, two paths. */
export type Shape = 'lognormal' | 'pareto' | 'bimodal';

/** Durations in whole ns, the same for the same arguments. */
export function durations(shape: Shape, count: number, seed = 1): number[] {
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = {
    lognormal: () => 20e6 * Math.exp(0.5 * normal()),
    pareto: () => 5e6 / (1 - random()) ** (1 / 1.2),
    bimodal: () => (random() < 0.8 ? 4e6 : 150e6) * Math.exp(0.1 * normal()),
  }[shape];
  return Array.from({ length: count }, () => Math.round(draw()));
}

/** Uniform numbers in 0 … 1 (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

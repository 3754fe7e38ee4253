/**
 * Log-linear bins of durations: 64 equal bins in each octave of nanoseconds. A bin's width is 1/64 of its lower edge
 * at most, so that its midpoint is off by less than 0.79 %.
 */
export const BINS_PER_PAGE = 32;
/** Half an octave a page; 53 octaves reach to 2^53 ns. */
const PAGE_COUNT = 106;
export const BIN_COUNT = PAGE_COUNT * BINS_PER_PAGE;

const MANTISSA_BITS = 6;
/** The float64 of 1 has the exponent 1023: its bin is the first. */
const BIN_OF_ONE = 1023 << MANTISSA_BITS;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** The word that holds sign, exponent and the top of the mantissa. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Hot. The bin of a duration in nanoseconds, 0 … 2^53; shorter than 1 ns falls into the first bin. */
export function binOf(durationNs: number): number {
  float[0] = durationNs;
  const bin = (words[HIGH] >>> (20 - MANTISSA_BITS)) - BIN_OF_ONE;
  if (bin < 0) return 0;
  return bin < BIN_COUNT ? bin : BIN_COUNT - 1;
}

/** The midpoint of a page's first bin; those of the others follow in steps of `pageStepNs`. */
export function pageOriginNs(page: number): number {
  return binMidpointsNs[page * BINS_PER_PAGE];
}

/** The width of a page's bins. */
export function pageStepNs(page: number): number {
  return pageSteps[page];
}

/** `binMidpointsNs[bin]` stands for all durations of the bin. */
export const binMidpointsNs: Float64Array = createMidpoints();
const pageSteps = Float64Array.from({ length: PAGE_COUNT }, (_, page) => 2 ** (page >> 1) / 64);

/** The lower edge of a bin: it holds the durations from here on, up to and without the next edge. */
export function binEdgeNs(bin: number): number {
  const perOctave = 1 << MANTISSA_BITS;
  return 2 ** Math.floor(bin / perOctave) * (1 + (bin % perOctave) / perOctave);
}

/** The bin whose lower edge is nearest to a duration. */
export function nearestEdge(durationNs: number): number {
  const bin = binOf(durationNs);
  return durationNs - binEdgeNs(bin) < binEdgeNs(bin + 1) - durationNs ? bin : bin + 1;
}

function createMidpoints(): Float64Array {
  const midpoints = new Float64Array(BIN_COUNT);
  const perOctave = 1 << MANTISSA_BITS;
  for (let bin = 0; bin < BIN_COUNT; bin++) {
    const octave = 2 ** Math.floor(bin / perOctave);
    midpoints[bin] = octave * (1 + ((bin % perOctave) + 0.5) / perOctave);
  }
  return midpoints;
}

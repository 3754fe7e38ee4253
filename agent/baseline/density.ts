import type { LatencyDistribution } from './distribution.ts';

/** How often latencies of both sides were how long, for pictures: columns of equal width on a logarithmic axis. */
export interface Densities {
  /** Where the first column begins and the last one ends. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Share of the requests in each column, smoothed a little; the few beyond the ends are left out. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
}

/** ln of 65/64: the widest bin. Narrower columns would show the bins, not the latencies. */
const LEAST_WIDTH = Math.log(65 / 64);
const MAX_COLUMNS = 120;
/** Columns beyond the least and greatest value shown. */
const MARGIN = 3;
/** What lies beyond on either side is not shown, or one slow request would squeeze all others. */
const TAIL = 0.001;
const PER_OCTAVE = 64;

/** Undefined where a side has no latency. */
export function densitiesOf(
  baseline: LatencyDistribution,
  candidate: LatencyDistribution,
): Densities | undefined {
  if (baseline.bins.length === 0 || candidate.bins.length === 0) return undefined;
  const both = [baseline, candidate];
  const least = Math.min(...both.map((side) => lnEdge(binAt(side, TAIL))));
  const most = Math.max(...both.map((side) => lnEdge(binAt(side, 1 - TAIL) + 1)));
  const width = Math.max(LEAST_WIDTH, (most - least) / (MAX_COLUMNS - 2 * MARGIN));
  const columns = Math.ceil((most - least) / width - 1e-9) + 2 * MARGIN;
  const from = least - MARGIN * width;
  const draw = (side: LatencyDistribution): number[] => smooth(sharesOf(side, { from, width, columns }));
  return {
    fromSeconds: Math.exp(from) / 1e9,
    toSeconds: Math.exp(from + columns * width) / 1e9,
    baseline: draw(baseline),
    candidate: draw(candidate),
  };
}

/** The natural logarithm of the ns at which a bin begins. */
function lnEdge(bin: number): number {
  const octave = Math.floor(bin / PER_OCTAVE);
  return octave * Math.LN2 + Math.log(1 + (bin % PER_OCTAVE) / PER_OCTAVE);
}

function binAt({ bins, counts }: LatencyDistribution, share: number): number {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  const index = counts.findIndex((count) => {
    sum += count;
    return sum >= wanted;
  });
  return bins[Math.max(0, index)];
}

interface Axis {
  readonly from: number;
  readonly width: number;
  readonly columns: number;
}

/** What lies in a bin spreads evenly over the columns that it touches. */
function sharesOf({ bins, counts }: LatencyDistribution, { from, width, columns }: Axis): number[] {
  const shares = new Array<number>(columns).fill(0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  for (const [index, bin] of bins.entries()) {
    const begin = (lnEdge(bin) - from) / width;
    const end = (lnEdge(bin + 1) - from) / width;
    const share = counts[index] / total / (end - begin);
    for (let column = Math.max(0, Math.floor(begin)); column < Math.min(columns, end); column++)
      shares[column] += share * (Math.min(end, column + 1) - Math.max(begin, column));
  }
  return shares;
}

/** Neighbours share a half: chance makes teeth, and teeth say nothing. */
function smooth(shares: readonly number[]): number[] {
  return shares.map(
    (share, index) => (share * 2 + (shares[index - 1] ?? share) + (shares[index + 1] ?? share)) / 4,
  );
}

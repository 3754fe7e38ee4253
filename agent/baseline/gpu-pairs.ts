import { percent } from './figure-text.ts';
import type { MeasuredPair, Shortfall } from './measured-pair.ts';
import type { GpuRecord } from './recording.ts';
import type { Estimate } from './statistics/estimate.ts';
import { estimateRatio } from './statistics/mean-estimate.ts';

/** Fewer windows than this say too little about how much they vary. */
const MIN_WINDOWS = 4;
/** Below this share of the busy time alone on the GPU, its figures are also those of others. */
const MIN_EXCLUSIVE = 0.95;
/** What an allocator's rounding and a driver's own share may add or take, on either side. */
const MEMORY_ERROR = 0.005;

type Read = (record: GpuRecord) => number | undefined;
interface GpuFigure {
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly above: Read;
  readonly below: Read;
}

const SUMS: readonly GpuFigure[] = [
  {
    metric: 'energy_per_request',
    unit: 'J',
    better: 'lower',
    above: (record) => record.energyActiveJoules,
    below: (record) => record.requests,
  },
  {
    metric: 'output_tokens_per_joule',
    unit: '1/J',
    better: 'higher',
    above: (record) => record.outputTokens,
    below: (record) => record.energyActiveJoules,
  },
];

/** What requests took of the GPU; figures that neither side has are left out. */
export function gpuPairs(
  baseline: readonly GpuRecord[],
  candidate: readonly GpuRecord[],
): readonly MeasuredPair[] {
  const [of, by] = [ownRecords(baseline), ownRecords(candidate)];
  const others = findOthers(of, by);
  const memory: MeasuredPair = {
    metric: 'memory',
    unit: 'By',
    better: 'lower',
    ...estimates(estimateMemory(of), estimateMemory(by)),
    ...others,
  };
  const pairs = [memory, ...SUMS.map((figure) => ({ ...sumsPair(of, by, figure), ...others }))];
  return pairs.filter((pair) => pair.baseline || pair.candidate);
}

/** Where requests ran on several GPUs, those of all of them: the only ones with figures per request. */
function ownRecords(records: readonly GpuRecord[]): readonly GpuRecord[] {
  const all = records.filter((record) => record.gpu === 'all');
  return all.length > 0 ? all : records;
}

function sumsPair(of: readonly GpuRecord[], by: readonly GpuRecord[], figure: GpuFigure): MeasuredPair {
  const { metric, unit, better, above, below } = figure;
  const [own, other] = [of, by].map((records) =>
    records.filter((record) => above(record) !== undefined && below(record) !== undefined),
  );
  const few = Math.min(own.length, other.length);
  const shortfall: Shortfall = {
    verdict: 'too_few_requests',
    reason: `GPU windows: ${few} of at least ${MIN_WINDOWS}`,
  };
  return {
    metric,
    unit,
    better,
    ...estimates(estimateSums(own, figure), estimateSums(other, figure)),
    ...(few > 0 && few < MIN_WINDOWS && { shortfall }),
  };
}

function estimateSums(records: readonly GpuRecord[], { above, below }: GpuFigure): Estimate | undefined {
  return estimateRatio({
    above: Float64Array.from(records, (record) => above(record) ?? 0),
    below: Float64Array.from(records, (record) => below(record) ?? 0),
    strata: new Int32Array(records.length),
    weights: new Float64Array(records.length).fill(1),
  });
}

/** The most that was in use: not a matter of chance, but neither is it exact. */
function estimateMemory(records: readonly GpuRecord[]): Estimate | undefined {
  const value = records.reduce((most, record) => Math.max(most, record.memoryUsedMaxBytes ?? 0), 0);
  if (value === 0) return undefined;
  return {
    value,
    degrees: 1,
    persistence: 1,
    drift: 0,
    rounding: MEMORY_ERROR,
    bounds: () => [value, value],
  };
}

function estimates(baseline: Estimate | undefined, candidate: Estimate | undefined) {
  return { ...(baseline && { baseline }), ...(candidate && { candidate }) };
}

function findOthers(of: readonly GpuRecord[], by: readonly GpuRecord[]): { shortfall?: Shortfall } {
  const [own, other] = [exclusiveShare(of), exclusiveShare(by)];
  if (Math.min(own, other) >= MIN_EXCLUSIVE) return {};
  const shares = `${percent(own)} → ${percent(other)} of the time alone`;
  return { shortfall: { verdict: 'not_comparable', reason: `others used the GPU (${shares})` } };
}

function exclusiveShare(records: readonly GpuRecord[]): number {
  const known = records.flatMap(({ exclusiveRatio }) =>
    exclusiveRatio === undefined ? [] : [exclusiveRatio],
  );
  return known.length === 0 ? 1 : known.reduce((sum, share) => sum + share, 0) / known.length;
}

import type { FieldsOf } from '../core/point.ts';
import { Column } from './joined-slice.ts';
import { ACTIVITY, type ActivityName } from './ledger-slice.ts';
import type { GpuSums } from './window-sums.ts';

type Fields = FieldsOf<'inference_gpu'>;

/** What is the same for all series of a window. */
export interface FieldScope {
  readonly windowMs: number;
  /** The time in which requests were watched. */
  readonly watchedMs: number;
  readonly slices: number;
  readonly slotMs: number;
  /** Position of the window among the lengths. */
  readonly position: number;
}

/** Energy of shorter windows hangs on the moments at which the counter was read. */
const MIN_ENERGY_WINDOW_MS = 10_000;
const MIN_COVERAGE = 0.1;
/** A percentile beyond which requests are too long for their window. */
const LONG_QUANTILE = 0.95;

/** Of a series on one GPU. `row` are its sums there. */
export function placeFields(row: Float64Array, gpu: GpuSums, scope: FieldScope): Fields {
  const hasEnergy = energyIsKnown(gpu, scope);
  const perRequest =
    hasEnergy && row[Column.spread] === 0 ? requestFields(row, row[Column.activeJoules], scope) : {};
  return {
    ...useFields(row, scope, 1),
    exclusive_ratio: ratio(row[Column.exclusive], row[Column.busy]),
    ...(hasEnergy && energyFields(row[Column.activeJoules], row[Column.idleJoules])),
    ...perRequest,
    memory_used_max_bytes: known(gpu.memoryUsedMaxBytes),
    ...activityFields((name) => activityOf(gpu, name)),
    coverage_ratio: gpu.coveredMs / scope.windowMs,
  };
}

/** Of a series on all its GPUs: `whole` are its sums there, `rows` those on each. */
export function wholeFields(
  whole: Float64Array,
  rows: readonly Float64Array[],
  gpus: readonly GpuSums[],
  scope: FieldScope,
): Fields {
  const sum = (column: number): number => rows.reduce((total, row) => total + row[column], 0);
  const hasEnergy = gpus.every((gpu) => energyIsKnown(gpu, scope));
  const activeJoules = sum(Column.activeJoules);
  const shares = Float64Array.from(whole);
  shares[Column.share] = sum(Column.share);
  return {
    ...useFields(shares, scope, gpus.length),
    exclusive_ratio: ratio(sum(Column.exclusive), sum(Column.busy)),
    ...(hasEnergy && energyFields(activeJoules, sum(Column.idleJoules))),
    ...(hasEnergy && requestFields(whole, activeJoules, scope)),
    memory_used_max_bytes: known(gpus.reduce((total, gpu) => total + gpu.memoryUsedMaxBytes, 0)),
    ...activityFields((name) => gpus.reduce((total, gpu) => total + activityOf(gpu, name), 0) / gpus.length),
    coverage_ratio: Math.min(...gpus.map(({ coveredMs }) => coveredMs)) / scope.windowMs,
  };
}

/** Of the time in which nobody was busy; undefined when its energy is unknown. */
export function idleFields(row: Float64Array, gpu: GpuSums, scope: FieldScope): Fields | undefined {
  if (!energyIsKnown(gpu, scope)) return undefined;
  return { energy_idle_joules: row[Column.idleJoules], coverage_ratio: gpu.coveredMs / scope.windowMs };
}

function useFields(row: Float64Array, scope: FieldScope, gpus: number): Fields {
  const { slotMs, watchedMs, windowMs } = scope;
  const isWatched = watchedMs / windowMs >= MIN_COVERAGE;
  return {
    busy_seconds: (row[Column.busy] * slotMs) / 1000,
    gpu_share_ratio: isWatched ? Math.min(1, (row[Column.share] * slotMs) / watchedMs / gpus) : undefined,
  };
}

function energyFields(activeJoules: number, idleJoules: number): Fields {
  return { energy_active_joules: activeJoules, energy_idle_joules: idleJoules };
}

/** Absent where requests are long against the window (their energy lies elsewhere) or stand for others unseen. */
function requestFields(row: Float64Array, activeJoules: number, { position }: FieldScope): Fields {
  const requests = row[Column.requests];
  const mayBeLonger = requests - Math.ceil(requests * LONG_QUANTILE);
  if (requests === 0 || row[Column.longer + position] > mayBeLonger || row[Column.sampled] > 0) return {};
  const tokens = row[Column.tokens];
  return {
    energy_per_request_joules: activeJoules / requests,
    output_tokens_per_joule: tokens > 0 ? ratio(tokens, activeJoules) : undefined,
  };
}

function activityFields(read: (name: ActivityName) => number): Fields {
  return {
    utilization_mean_ratio: known(read('utilizationRatio')),
    tensor_any_ratio: known(read('tensorAnyRatio')),
    tensor_hmma_ratio: known(read('tensorHmmaRatio')),
    tensor_imma_ratio: known(read('tensorImmaRatio')),
  };
}

/** NaN: unknown. */
function activityOf({ activityMs, activityKnownMs }: GpuSums, name: ActivityName): number {
  const position = ACTIVITY.indexOf(name);
  return activityMs[position] / activityKnownMs[position];
}

function energyIsKnown({ energySlices }: GpuSums, { slices, windowMs }: FieldScope): boolean {
  return windowMs >= MIN_ENERGY_WINDOW_MS && energySlices === slices;
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? known(part / whole) : undefined;
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

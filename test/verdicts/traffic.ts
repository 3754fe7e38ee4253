import type { BinnedValues, Recording, SliceRecord } from '../../agent/baseline/recording.ts';
import { binOf } from '../../agent/core/duration-bins.ts';

/** How requests of one side come, and how long they take. */
export interface Traffic {
  readonly shape: 'lognormal' | 'bimodal' | 'steady';
  /** Autocorrelation, from request to request, of half of the log-variance; 0: independent. */
  readonly rho: number;
  /** Of all durations. */
  readonly scale: number;
  readonly seconds: number;
  /** Requests/s at first; arrivals are Poisson. */
  readonly rate: number;
  /** Share of the time after which the load rises: the rate by 2, durations by 1.4; 1: never. */
  readonly stepAt: number;
  /**
   * Requests fail whose standard normal number of its own kind, as autocorrelated as the durations', is above this: 2.33
   * for one in a hundred. Absent: none fails.
   */
  readonly failAbove?: number;
  /** The factor of durations in each second; absent: 1. */
  readonly driftAt?: (second: number) => number;
  /** Clients wait for answers: the rate is that at a scale of 1, and falls as durations rise. */
  readonly isClosed?: boolean;
}

const STEP_RATE = 2;
const STEP_DURATION = 1.4;

/** Durations in ns by the standard normal number behind them. */
const SHAPES = {
  lognormal: (normal: number) => 20e6 * Math.exp(0.6 * normal),
  /** Four fifths about 4 ms, the rest about 300 ms: slow ones come in bursts where numbers are autocorrelated. */
  bimodal: (normal: number) => (normal < 0.8416 ? 4e6 : 300e6) * Math.exp(0.1 * normal),
  /** As of a GPU that does nothing else. */
  steady: (normal: number) => 96e6 * Math.exp(0.01 * normal),
} as const;

/** Standard normal numbers from uniform ones, by pairs (Box and Muller). */
export function createNormal(random: () => number): () => number {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** What an agent would have recorded of such traffic, in slices of 1 s. */
export function record(traffic: Traffic, random: () => number, variant = 'fp16'): Recording {
  const {
    shape,
    rho,
    scale,
    seconds,
    rate,
    stepAt,
    failAbove,
    driftAt = () => 1,
    isClosed = false,
  } = traffic;
  const normal = createNormal(random);
  const innovation = Math.sqrt(1 - rho * rho);
  let slow = normal();
  const slices: SliceRecord[] = [];
  const durations = new Float64Array(Math.ceil((rate * STEP_RATE * 4) / Math.min(1, scale)) + 100);
  for (let second = 0; second < seconds; second++) {
    const stepped = second >= stepAt * seconds;
    const factor = scale * driftAt(second) * (stepped ? STEP_DURATION : 1);
    const arrivals = poisson((stepped ? rate * STEP_RATE : rate) / (isClosed ? factor : 1), random);
    let count = 0;
    let weightedNs = 0;
    for (let request = 0; request < arrivals; request++) {
      slow = rho * slow + innovation * normal();
      const ns = factor * SHAPES[shape](Math.SQRT1_2 * (slow + normal()));
      weightedNs += ns;
      if (failAbove === undefined || Math.SQRT1_2 * (slow + normal()) <= failAbove) durations[count++] = ns;
    }
    slices.push(sliceOf(second, durations.subarray(0, count), { requests: arrivals, weightedNs }));
  }
  return recordingOf(slices, variant);
}

/** One second: the durations of the successful requests, and what is of all of them. */
export function sliceOf(
  second: number,
  durationsNs: Float64Array,
  { requests, weightedNs }: { readonly requests: number; readonly weightedNs: number },
): SliceRecord {
  return {
    startMs: second * 1000,
    requests,
    weight: requests,
    stated: requests,
    errors: requests - durationsNs.length,
    weightedNs,
    ...(durationsNs.length > 0 && { latency: binDurations(durationsNs) }),
    phases: new Map(),
  };
}

/** Slices of 1 s, one after another. */
export function recordingOf(slices: readonly SliceRecord[], variant: string): Recording {
  return {
    series: { model: 'resnet50', variant, version: '', operation: '', server: '', labels: {} },
    fromMs: 0,
    toMs: slices.length * 1000,
    sliceMs: 1000,
    slices,
    gpu: [],
  };
}

/** Bins of durations, at least one of them. */
function binDurations(durationsNs: Float64Array): BinnedValues {
  const sorted = Uint16Array.from(durationsNs, binOf).sort();
  const bins: number[] = [];
  const counts: number[] = [];
  let [sum, min, max] = [0, Infinity, 0];
  for (let index = 0; index < sorted.length; index++) {
    if (bins.length === 0 || bins[bins.length - 1] !== sorted[index]) {
      bins.push(sorted[index]);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    sum += durationsNs[index];
    min = Math.min(min, durationsNs[index]);
    max = Math.max(max, durationsNs[index]);
  }
  return { bins, counts, count: sorted.length, sum, min, max };
}

function poisson(mean: number, random: () => number): number {
  let count = -1;
  let time = 0;
  while (time < mean) {
    time -= Math.log(1 - random());
    count++;
  }
  return count;
}

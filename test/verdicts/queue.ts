import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Verdict } from '../../agent/baseline/comparison.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../distributions.ts';
import { createNormal, recordingOf, sliceOf } from './traffic.ts';

/** Who asks: at a rate of their own, or each again at once when it was answered. */
type Clients =
  | { readonly kind: 'open'; readonly perSecond: number }
  | { readonly kind: 'closed'; readonly count: number };

/** A pair whose service times differ by `ratio`, 10 ms at the baseline. */
export interface QueueCell {
  readonly clients: Clients;
  readonly ratio: number;
}

const SECONDS = 60;
const SERVICE_MS = 10;
const SERVICE_DEVIATION = 0.4;

/** How often which verdict is given over all figures of pairs of queues. */
export function runQueues(cell: QueueCell, pairs: number, seed: number): Partial<Record<Verdict, number>> {
  const random = createRandom(seed);
  const verdicts: Partial<Record<Verdict, number>> = {};
  for (let pair = 0; pair < pairs; pair++) {
    const baseline = recordQueue(cell.clients, 1, random);
    const { verdict } = compareRecordings(baseline, recordQueue(cell.clients, cell.ratio, random));
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return verdicts;
}

/** One place, first come, first served: who comes while it is busy waits, so that latencies follow each other. */
function recordQueue(clients: Clients, ratio: number, random: () => number): Recording {
  const normal = createNormal(random);
  const next = arrivalsOf(clients, random);
  const seconds: number[][] = Array.from({ length: SECONDS }, () => []);
  let freeMs = 0;
  while (freeMs < SECONDS * 1000) {
    const cameMs = next(freeMs);
    const serviceMs =
      ratio * SERVICE_MS * Math.exp(SERVICE_DEVIATION * normal() - SERVICE_DEVIATION ** 2 / 2);
    freeMs = Math.max(cameMs, freeMs) + serviceMs;
    seconds[Math.floor(freeMs / 1000)]?.push((freeMs - cameMs) * 1e6);
  }
  const slices = seconds.map((durationsNs, second) => {
    const weightedNs = durationsNs.reduce((sum, ns) => sum + ns, 0);
    return sliceOf(second, Float64Array.from(durationsNs), { requests: durationsNs.length, weightedNs });
  });
  return recordingOf(slices, ratio === 1 ? 'fp16' : 'int8');
}

/** When the next request came, given when the one before it was answered. */
function arrivalsOf(clients: Clients, random: () => number): (answeredMs: number) => number {
  if (clients.kind === 'open') {
    let cameMs = 0;
    return () => {
      cameMs -= (Math.log(1 - random()) * 1000) / clients.perSecond;
      return cameMs;
    };
  }
  const waiting = new Array<number>(clients.count - 1).fill(0);
  return (answeredMs) => {
    waiting.push(answeredMs);
    return waiting.shift() ?? answeredMs;
  };
}

import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../window/sample-durations.ts';
import { binned } from './binned.ts';
import { RESNET } from './sample-recording.ts';

/** A steady series: 50 requests a second, around so many ms. */
export function steadyRecording(variant: string, ms: number, { seconds = 60, errors = 0 } = {}): Recording {
  const random = createRandom(variant.length + ms);
  const slices = Array.from({ length: seconds }, (_, second) => {
    const durations = Array.from({ length: 50 - errors }, () => Math.round(ms * 1e6 * (0.5 + random())));
    const latency = binned(durations);
    return {
      startMs: second * 1000,
      requests: 50,
      weight: 50,
      stated: 50,
      errors,
      weightedNs: latency.sum,
      latency,
      phases: new Map([['inference', binned(durations.map((ns) => Math.round(ns * 0.75)))]]),
    };
  });
  return { series: { ...RESNET, variant }, fromMs: 0, toMs: seconds * 1000, sliceMs: 1000, slices, gpu: [] };
}

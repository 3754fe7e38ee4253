import type { Recording, SliceRecord } from '../../agent/baseline/recording.ts';
import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { binned } from './binned.ts';

export const RESNET: SeriesTags = {
  model: 'resnet50',
  variant: 'fp16',
  version: '',
  operation: '',
  server: '',
  labels: {},
};

const FROM_MS = 1_800_000_000_000;

/** A slice without requests. */
export function emptySlice(startMs: number): SliceRecord {
  return { startMs, requests: 0, weight: 0, stated: 0, errors: 0, weightedNs: 0, phases: new Map() };
}

/** Three slices with everything that a recording may hold. */
export const SAMPLE: Recording = {
  series: { ...RESNET, version: '3', labels: { region: 'eu', zone: 'a' } },
  fromMs: FROM_MS,
  toMs: FROM_MS + 4000,
  sliceMs: 1000,
  slices: [
    {
      startMs: FROM_MS,
      requests: 4,
      weight: 4,
      stated: 4,
      errors: 1,
      weightedNs: 41_000_000,
      latency: binned([9_000_000, 10_000_000, 12_000_000]),
      phases: new Map([
        ['queue', binned([100_000, 0, 3])],
        ['inference', binned([8_000_000, 9_500_000, 11_000_000])],
      ]),
      batchSize: binned([1, 8]),
      inputTokens: binned([512]),
      outputTokens: binned([0, 128, 128]),
    },
    emptySlice(FROM_MS + 1000),
    {
      startMs: FROM_MS + 3000,
      requests: 1,
      weight: 2.5,
      stated: 0,
      errors: 0,
      weightedNs: 25_000_000,
      latency: binned([10_000_000]),
      phases: new Map(),
    },
  ],
  gpu: [
    {
      endMs: FROM_MS + 4000,
      windowMs: 10_000,
      gpu: 'GPU-1',
      energyActiveJoules: 12.5,
      requests: 4,
      outputTokens: 256,
      memoryUsedMaxBytes: 2 ** 30,
      exclusiveRatio: 1,
      tensorAnyRatio: 0.25,
      tensorHmmaRatio: 0.25,
      tensorImmaRatio: 0,
    },
  ],
  profile: {
    profiler: 'torch',
    iterations: 10,
    operators: [{ name: 'aten::conv2d', device: 'cpu', calls: 530, totalNs: 90_000_000, selfNs: 1_000_000 }],
  },
};

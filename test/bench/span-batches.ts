import { encodeBatch } from '../ingest/span-batch-codec.ts';

const MODEL = 'resnet50-v2';
const VARIANTS = ['fp32', 'int8'] as const;
const PHASES = ['preprocess', 'inference', 'postprocess'] as const;
const NS_PER_MS = 1_000_000n;

/** A message of rows that completed just now, with four observations each: the total and three phases. */
export function rowsBatch(count: number): Uint8Array {
  const now = BigInt(Date.now()) * NS_PER_MS;
  const spans = Array.from({ length: count }, (_, i) => ({
    model: MODEL,
    variant: VARIANTS[i % 2],
    startUnixNano: now - BigInt(durationNs(i)),
    durationNano: durationNs(i),
    status: 1,
    phases: PHASES.map((name, k) => ({ name, durationNano: phaseNs(i, k) })),
  }));
  return encodeBatch({ spans });
}

/** The same spans as columns. */
export function columnsBatch(count: number): Uint8Array {
  const now = BigInt(Date.now()) * NS_PER_MS;
  const indexes = Array.from({ length: count }, (_, i) => i);
  const columns = {
    strings: [MODEL, ...VARIANTS, ...PHASES],
    series: VARIANTS.map((_, k) => ({ model: 1, variant: k + 2 })),
    seriesStatus: indexes.map((i) => (i % 2) * 4 + 1),
    endUnixNano: indexes.map(() => now),
    durationNano: indexes.map(durationNs),
    phases: PHASES.map((_, k) => ({ name: k + 4, durationNano: indexes.map((i) => phaseNs(i, k)) })),
  };
  return encodeBatch({ columns });
}

function durationNs(i: number): number {
  return 5_000_000 + ((i * 7919) % 4000) * 10_000;
}

function phaseNs(i: number, phase: number): number {
  return Math.floor(durationNs(i) / (phase === 1 ? 2 : 5));
}

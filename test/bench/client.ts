import { BatchEncoder } from '../../clients/node/batch-encoder.ts';
import { systemClock } from '../../clients/node/clock.ts';
import { CompletionClock } from '../../clients/node/completion-clock.ts';
import { Series } from '../../clients/node/series.ts';
import { SeriesRegistry } from '../../clients/node/series-registry.ts';
import { SpanBuffer } from '../../clients/node/span-buffer.ts';
import type { BenchRow } from './bench-row.ts';

const SPANS = 4000;
const ROUNDS = 600;
const WARM_UP_ROUNDS = 200;
const PHASES = ['preprocess', 'inference', 'postprocess'] as const;

const buffer = new SpanBuffer(8192, true);
const registry = new SeriesRegistry();
const encoder = new BatchEncoder(buffer, registry);
const series = openSeries();

/** CPU time that clients/node costs its caller a span, and later in the background; the forms alternate. */
export async function run(): Promise<readonly BenchRow[]> {
  const [burst, withEnd, timed, clock, encode] = measure([record, recordWithEnd, time, readClock, encodeAll]);
  const unit = 'ns/span';
  return [
    { name: 'client: record, 3 phases, in a burst', bar: '≤ 50 ns', value: burst, unit },
    { name: '  time of completion given', value: withEnd, unit },
    { name: '  one clock reading', value: clock, unit, note: 'a span outside a burst costs one more' },
    { name: '  start, 3 × phase, end', value: timed, unit, note: '5 clock readings' },
    { name: '  encoding, in the background', value: encode, unit },
  ];
}

function openSeries(): Series<(typeof PHASES)[number]> {
  buffer.wakeAt = Number.POSITIVE_INFINITY;
  const refuse = (reason: string): never => {
    throw new Error(`bug: the bench recorded an invalid span: ${reason}`);
  };
  const id = registry.openSeries({ model: 'resnet50', variant: 'int8' });
  const phases = new Map(PHASES.map((name) => [name, registry.openPhase(name)] as const));
  const completions = new CompletionClock(systemClock);
  return new Series({ buffer, clock: systemClock, completions, refuse }, id, phases);
}

function record(): void {
  for (let i = 0; i < SPANS; i++) {
    series.record(5.5 + (i & 7), { phasesMs: [0.5, 4.5 + (i & 7), 0.5], batchSize: 8 });
  }
}

function recordWithEnd(): void {
  for (let i = 0; i < SPANS; i++) {
    series.record(5.5 + (i & 7), { phasesMs: [0.5, 4.5 + (i & 7), 0.5], endMs: 1.8e12 + i });
  }
}

function time(): void {
  for (let i = 0; i < SPANS; i++) {
    const request = series.start();
    request.phase('preprocess');
    request.phase('inference');
    request.phase('postprocess');
    request.end();
  }
}

function readClock(): void {
  for (let i = 0; i < SPANS; i++) systemClock.wallMs();
}

function encodeAll(): void {
  encoder.encode(buffer.count, { producerId: new Uint8Array(16), sequence: 1, dropped: 0 });
}

/** Median CPU nanoseconds a span of each task. */
function measure(tasks: readonly (() => void)[]): number[] {
  const rounds = Array.from({ length: ROUNDS }, () => tasks.map(cpuNanosPerSpan)).slice(WARM_UP_ROUNDS);
  return tasks.map((_, task) => rounds.map((round) => round[task]).sort((a, b) => a - b)[rounds.length >> 1]);
}

function cpuNanosPerSpan(task: () => void): number {
  buffer.release(buffer.count);
  if (task === encodeAll) record();
  const before = process.cpuUsage();
  task();
  const used = process.cpuUsage(before);
  return ((used.user + used.system) * 1000) / SPANS;
}

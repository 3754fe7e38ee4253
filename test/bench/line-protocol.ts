import { Point as ClientPoint } from '@influxdata/influxdb-client';
import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import { type FieldsOf, type Point, PointSeries } from '../../agent/core/point.ts';
import type { Distribution } from '../../agent/window/distribution.ts';
import { inferenceFields } from '../../agent/window/window-fields.ts';
import type { BenchRow } from './bench-row.ts';
import { median } from './median.ts';

const POINTS = 2_000;
/** A flush hands its points over in pieces of about a millisecond: they are still in the cache when they are encoded. */
const PIECE = 128;
const ROUNDS = 40;
const TAGS = {
  host: 'node-17',
  instance: 'llama-7f9c6d5b8-x2x9z',
  model: 'llama-3.1-8b',
  variant: 'int4-awq',
};
const SERIES = Array.from(
  { length: POINTS },
  (_, i) => new PointSeries('inference', { ...TAGS, window: '10s', version: `${i}` }),
);

interface Task {
  createFields(seed: number): FieldsOf<'inference'>;
  encode(points: readonly Point[]): number;
}

/** CPU time that a point costs on its way to text, ours and the official client's, in alternating rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const bar = '≤ 1 µs';
  const [ours, oursSmall, client, clientSmall] = measure([
    { createFields: createAll, encode: encodeAll },
    { createFields: createSome, encode: encodeAll },
    { createFields: createAll, encode: encodeWithClient },
    { createFields: createSome, encode: encodeWithClient },
  ]);
  const all = `${Object.values(createAll(1)).filter((value) => value !== undefined).length} fields`;
  return [
    { name: `line protocol, 5 tags, ${all}`, bar, value: ours, unit: 'µs/point' },
    { name: 'line protocol, 5 tags, 6 fields', bar, value: oursSmall, unit: 'µs/point' },
    { name: `  influxdb-client Point, ${all}`, value: client, unit: 'µs/point' },
    { name: '  influxdb-client Point, 6 fields', value: clientSmall, unit: 'µs/point' },
  ];
}

/** What the windows say of a busy series without failures. */
function createAll(seed: number): FieldsOf<'inference'> {
  return inferenceFields({
    counters: Float64Array.from({ length: 16 }, (_, i) => 100.5 + seed + i * 31),
    latency: createLatency(seed),
    errorLatency: undefined,
    windowSeconds: 60,
    coverage: 1,
    hasObjective: true,
  });
}

function createLatency(seed: number): Distribution {
  const value = (i: number): number => 0.001 + Math.sin(seed * 31 + i) ** 2;
  return {
    count: 100 + seed,
    mean: value(0),
    min: value(1),
    max: value(2),
    stddev: value(3),
    p50: value(4),
    p90: value(5),
    p95: value(6),
    p99: value(7),
    p999: value(8),
  };
}

/** As many as the client libraries' own benchmarks take. */
function createSome(seed: number): FieldsOf<'inference'> {
  const { mean, p50, p95 } = createLatency(seed);
  return {
    requests: 100 + seed,
    request_rate: (100 + seed) / 60,
    latency_mean_seconds: mean,
    latency_p50_seconds: p50,
    latency_p95_seconds: p95,
    coverage_ratio: 1,
  };
}

const buffer = new LineBuffer(4 << 20);

function encodeAll(batch: readonly Point[]): number {
  buffer.length = 0;
  for (const point of batch) encodePoint(point, buffer);
  return buffer.length;
}

function encodeWithClient(batch: readonly Point[]): number {
  let length = 0;
  for (const point of batch) {
    const line = new ClientPoint(point.series.measurement).timestamp(point.timestampMs);
    for (const [key, value] of Object.entries(point.series.tags)) line.tag(key, value);
    for (const [key, value] of Object.entries(point.fields)) {
      if (value === undefined) continue;
      if (key === 'requests' || key === 'errors') line.intField(key, value);
      else line.floatField(key, value);
    }
    length += String(line.toLineProtocol()).length;
  }
  return length;
}

/** Median CPU microseconds a point of each task. */
function measure(tasks: readonly Task[]): number[] {
  const rounds = Array.from({ length: ROUNDS }, () => tasks.map(cpuMicrosPerPoint)).slice(10);
  return tasks.map((_, task) => median(rounds.map((round) => round[task])));
}

function cpuMicrosPerPoint({ createFields, encode }: Task): number {
  let micros = 0;
  for (let first = 0; first < POINTS; first += PIECE) {
    const points = SERIES.slice(first, first + PIECE).map((series, i) => ({
      series,
      fields: createFields(first + i),
      timestampMs: 1_800_000_000_000,
    }));
    const before = process.cpuUsage();
    encode(points);
    const used = process.cpuUsage(before);
    micros += used.user + used.system;
  }
  return micros / POINTS;
}

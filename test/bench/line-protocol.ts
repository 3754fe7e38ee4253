import { Point as ClientPoint } from '@influxdata/influxdb-client';
import { catalog } from '../../agent/core/catalog/catalog.ts';
import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import { type Point, PointSeries } from '../../agent/core/point.ts';
import type { BenchRow } from './bench-row.ts';

const POINTS = 2_000;
const ROUNDS = 15;
const TAGS = {
  host: 'node-17',
  instance: 'llama-7f9c6d5b8-x2x9z',
  model: 'llama-3.1-8b',
  variant: 'int4-awq',
};
/** 5 tags, 6 fields: the point that the client libraries' own benchmarks take. */
const SMALL_FIELDS = ['requests', 'request_rate', 'latency_mean_seconds', 'latency_p50_seconds'].concat([
  'latency_p95_seconds',
  'coverage_ratio',
]);

/** CPU time that a point costs on its way to text, ours and the official client's, in alternating rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const fieldNames = Object.keys(catalog.inference.fields);
  const full = points(fieldNames.filter((name) => !name.startsWith('error_latency')));
  const small = points(SMALL_FIELDS);
  const bar = '≤ 1 µs';
  const [ours, oursSmall, client, clientSmall] = measure([
    () => encodeAll(full),
    () => encodeAll(small),
    () => encodeWithClient(full),
    () => encodeWithClient(small),
  ]);
  const fullName = `${Object.keys(full[0].fields).length} fields`;
  return [
    { name: `line protocol, 5 tags, ${fullName}`, bar, value: ours, unit: 'µs/point' },
    { name: 'line protocol, 5 tags, 6 fields', bar, value: oursSmall, unit: 'µs/point' },
    { name: `  influxdb-client Point, ${fullName}`, value: client, unit: 'µs/point' },
    { name: '  influxdb-client Point, 6 fields', value: clientSmall, unit: 'µs/point' },
  ];
}

function points(names: readonly string[]): Point[] {
  return Array.from({ length: POINTS }, (_, i) => ({
    series: new PointSeries('inference', { ...TAGS, window: '10s', version: `${i}` }),
    fields: Object.fromEntries(names.map((name, field) => [name, sampleValue(name, i * 31 + field)])),
    timestampMs: 1_800_000_000_000,
  }));
}

function sampleValue(name: string, seed: number): number {
  const integer = name === 'requests' || name === 'errors';
  return integer ? 100 + seed : 0.001 + Math.sin(seed) ** 2;
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
      if (key === 'requests' || key === 'errors') line.intField(key, value);
      else line.floatField(key, value);
    }
    length += String(line.toLineProtocol()).length;
  }
  return length;
}

/** Median CPU microseconds a point of each task. */
function measure(tasks: readonly (() => number)[]): number[] {
  const rounds = Array.from({ length: ROUNDS }, () => tasks.map(cpuMicrosPerPoint)).slice(3);
  return tasks.map((_, task) => rounds.map((round) => round[task]).sort((a, b) => a - b)[rounds.length >> 1]);
}

function cpuMicrosPerPoint(task: () => number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < 3; i++) task();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / (POINTS * 3);
}

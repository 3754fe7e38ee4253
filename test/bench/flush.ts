import type { SqlStatement } from '../../agent/core/database.ts';
import type { BenchRow } from './bench-row.ts';
import { median, quantile } from './median.ts';
import { SketchWork } from './sketch-work.ts';
import { WindowLoad } from './window-load.ts';

const SERIES = 10_000;
/** Slices until the longest window is full and its first slices were closed. */
const WARM_SLICES = 36;
const MEASURED_SLICES = 20;
const HOP_OF_LONGEST = 5;

/** What a flush costs in CPU, and for how long it holds other work up. */
export async function run(): Promise<readonly BenchRow[]> {
  const checkpoint = await checkpointRows();
  return [...(await flushRows()), ...checkpoint];
}

async function flushRows(): Promise<readonly BenchRow[]> {
  const load = new WindowLoad({ series: SERIES, spansPerSlice: 12, withPhases: false });
  await load.start();
  for (let i = 0; i < WARM_SLICES; i++) {
    load.recordSlice();
    await load.flush();
  }
  load.pieces.length = 0;
  const clean = await measure(load, () => {});
  const dirty = await measure(load, () => load.recordLate());
  const name = `flush, ${SERIES} series`;
  return [
    ...sketchRows(),
    { name: `${name}, 2 windows due, points made`, value: median(clean.some), unit: 'ms' },
    { name: `${name}, 3 windows due, points made`, value: median(clean.all), unit: 'ms' },
    { name: `${name}, all dirty, 2 windows due`, value: median(dirty.some), unit: 'ms' },
    { name: `${name}, all dirty, 3 windows due`, value: median(dirty.all), unit: 'ms' },
    { name: '  its longest piece', bar: '≤ 5 ms', value: Math.max(...load.pieces), unit: 'ms', note: 'wall' },
    { name: '  p99 of its pieces', value: quantile(load.pieces, 0.99), unit: 'ms', note: 'wall' },
  ];
}

/** By values a slice; clean, and when late spans made every series dirty. */
function sketchRows(): BenchRow[] {
  return [12, 100].flatMap((count) => {
    const name = `sketches alone, ${SERIES} series × 3 windows, ${count} values a slice`;
    return [
      { name, bar: '≤ 60 ms', value: sketchWorkMs(count, false), unit: 'ms' },
      { name: `${name}, all dirty`, bar: '≤ 120 ms', value: sketchWorkMs(count, true), unit: 'ms' },
    ];
  });
}

/** Median CPU ms. */
function sketchWorkMs(count: number, late: boolean): number {
  const work = new SketchWork(SERIES, count);
  const rounds = Array.from({ length: 12 }, () => {
    const before = process.cpuUsage();
    work.run(late);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return median(rounds.slice(3));
}

/** 10,000 spans a second with three phases each, over 2,000 series: what is kept, and what is written. */
async function checkpointRows(): Promise<readonly BenchRow[]> {
  const load = new WindowLoad({ series: 2000, spansPerSlice: 50, withPhases: true });
  await load.start();
  const before = memoryMb();
  const captureMs: number[] = [];
  const bytes: number[] = [];
  for (let i = 0; i < WARM_SLICES + 4; i++) {
    load.recordSlice();
    await load.flush();
    const startMs = performance.now();
    const captured = load.aggregator.capture();
    captureMs.push(performance.now() - startMs);
    bytes.push(sizeOf(await captured.statements()));
    captured.committed();
  }
  const name = 'checkpoint, 2000 series with 3 phases';
  return [
    { name: `${name}, capture`, bar: '≤ 2 ms', value: median(captureMs.slice(5)), unit: 'ms', note: 'wall' },
    { name: '  its greatest', value: Math.max(...captureMs.slice(5)), unit: 'ms', note: 'wall' },
    { name: '  written at each', value: median(bytes.slice(5)) / 1e6, unit: 'MB' },
    { name: '  memory of the windows', value: memoryMb() - before, unit: 'MB' },
  ];
}

/** Typed arrays and heap, without what can be collected where the process was started with --expose-gc. */
function memoryMb(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function sizeOf(statements: readonly SqlStatement[]): number {
  let size = 0;
  for (const { rows } of statements) {
    for (const value of rows?.flat() ?? [])
      size += value instanceof Uint8Array ? value.length : String(value).length;
  }
  return size;
}

/** CPU ms of flushes at which the longest window is due, and of the others. */
async function measure(load: WindowLoad, before: () => void): Promise<{ some: number[]; all: number[] }> {
  const measured: { some: number[]; all: number[] } = { some: [], all: [] };
  for (let i = 0; i < MEASURED_SLICES; i++) {
    load.recordSlice();
    before();
    const end = Math.floor((load.aggregator.nextFlushMs() - 2000) / 10_000);
    const usedMs = await load.flush();
    (end % HOP_OF_LONGEST === 0 ? measured.all : measured.some).push(usedMs);
  }
  return measured;
}

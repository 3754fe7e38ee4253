import type { BenchRow } from './bench-row.ts';
import { median, quantile } from './median.ts';
import { WindowLoad } from './window-load.ts';

const SERIES = 10_000;
/** Slices until the longest window is full and its first slices were closed. */
const WARM_SLICES = 36;
const MEASURED_SLICES = 20;
const HOP_OF_LONGEST = 5;

/** What a flush costs in CPU, and for how long it holds other work up. */
export async function run(): Promise<readonly BenchRow[]> {
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
    { name: `${name}, 2 windows due`, value: median(clean.some), unit: 'ms' },
    { name: `${name}, 3 windows due`, bar: '≤ 60 ms', value: median(clean.all), unit: 'ms' },
    { name: `${name}, all dirty, 2 windows due`, value: median(dirty.some), unit: 'ms' },
    { name: `${name}, all dirty, 3 windows due`, bar: '≤ 120 ms', value: median(dirty.all), unit: 'ms' },
    { name: '  its longest piece', bar: '≤ 5 ms', value: Math.max(...load.pieces), unit: 'ms', note: 'wall' },
    { name: '  p99 of its pieces', value: quantile(load.pieces, 0.99), unit: 'ms', note: 'wall' },
  ];
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

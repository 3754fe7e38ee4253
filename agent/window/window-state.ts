import type { Clock } from '../core/clock.ts';
import { DenseBins } from './dense-bins.ts';
import type { Objective } from './objectives.ts';
import { PhaseNames } from './phase-names.ts';
import { RunningWindow } from './running-window.ts';
import { SeriesTable } from './series-table.ts';
import { SliceRing } from './slice-ring.ts';
import { TrackTable } from './track-table.ts';
import { WatchLog } from './watch-log.ts';
import { createWindowLength, type WindowLength } from './window-length.ts';

export interface WindowOptions {
  /** Length of a slice. */
  readonly intervalMs: number;
  /** Multiples of the interval, the interval itself among them. */
  readonly windowsMs: readonly number[];
  /** How long after its completion a span may come. */
  readonly latenessMs: number;
  /** A window is first emitted this long after its end. */
  readonly graceMs: number;
  readonly maxSeries: number;
  readonly maxNewSeriesPerDay: number;
  readonly objectives: readonly Objective[];
}

/** A span may be this much ahead of the agent's clock. */
const MAX_AHEAD_MS = 5000;

/** What the windows consist of; `Aggregator` and its parts work on it. */
export class WindowState {
  readonly options: WindowOptions;
  readonly lengths: readonly WindowLength[];
  readonly ring: SliceRing;
  readonly series: SeriesTable;
  readonly tracks = new TrackTable();
  readonly phases = new PhaseNames();
  readonly watch: WatchLog;
  /** Windows of several slices; that of one slice is the slice itself. */
  readonly running: readonly RunningWindow[];
  /** For whoever needs one distribution unpacked, within one turn. */
  readonly scratch = new DenseBins();
  /** By series: the end (number of slices since the epoch) up to which provisional points were emitted. */
  standing = new Float64Array(64);
  /** By series: greatest good latency in ns; NaN without an objective. */
  objectivesNs = new Float64Array(64).fill(Number.NaN);
  /** No window that ends at or before this end is emitted any more. */
  floorEnd = 0;
  /** All windows that end at or before this end are final, and the slices before it closed. */
  finalEnd = 0;

  constructor(options: WindowOptions, clock: Clock) {
    const { intervalMs, windowsMs, latenessMs, graceMs } = options;
    this.options = options;
    this.lengths = [...windowsMs]
      .sort((a, b) => a - b)
      .map((windowMs) => createWindowLength(windowMs, intervalMs));
    const longestMs = Math.max(...windowsMs);
    const spareMs = latenessMs + graceMs + MAX_AHEAD_MS;
    this.ring = new SliceRing(Math.ceil((longestMs + spareMs) / intervalMs) + 2);
    this.series = new SeriesTable({ maxSeries: options.maxSeries, maxNewPerDay: options.maxNewSeriesPerDay });
    this.watch = new WatchLog(clock, longestMs + spareMs);
    this.running = this.lengths
      .filter((length) => length.slices > 1)
      .map((length) => new RunningWindow(length, this.ring, this.scratch));
  }

  /** The number of the slice in which a time lies; also the number of slices that ended before or at it. */
  sliceOf(timeMs: number): number {
    return Math.floor(timeMs / this.options.intervalMs);
  }
}

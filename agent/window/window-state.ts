import type { Clock } from '../core/clock.ts';
import type { BoundsPerOctave } from '../core/duration-ladder.ts';
import { EmittedEnds } from '../core/emitted-ends.ts';
import { grown } from '../core/growable.ts';
import { slicesPerMinute } from '../core/minute-place.ts';
import { WatchLog } from '../core/watch-log.ts';
import { createWindowLength, type WindowLength } from '../core/window-length.ts';
import { FlushGrace } from './flush-grace.ts';
import type { Objective } from './objectives.ts';
import { PhaseNames } from './phase-names.ts';
import { RunningWindow } from './running-window.ts';
import { SeriesTable } from './series-table.ts';
import { SketchStore } from './sketch-store.ts';
import { SliceRing } from './slice-ring.ts';
import { TrackTable } from './track-table.ts';

export interface HistogramOptions {
  readonly boundsPerOctave: BoundsPerOctave;
  /** How many slices later than it could a minute is written: the agents of a fleet take turns. */
  readonly delaySlices: number;
}

export interface WindowOptions {
  /** Length of a slice. */
  readonly intervalMs: number;
  /** Multiples of the interval, the interval itself among them. */
  readonly windowsMs: readonly number[];
  /** How long after its completion a span may come. */
  readonly latenessMs: number;
  /** A window is first emitted this long after its end. */
  readonly graceMs: number;
  /** The same while spans come from sources that gather them for some seconds. Default: as long. */
  readonly batchGraceMs?: number;
  readonly maxSeries: number;
  readonly maxNewSeriesPerDay: number;
  readonly objectives: readonly Objective[];
  /** Absent: no histograms are written. */
  readonly histogram?: HistogramOptions;
}

const NO_PHASE = -1;
/** A span may be this much ahead of the agent's clock. */
export const MAX_AHEAD_MS = 5000;

/** What the windows consist of; `Aggregator` and its parts work on it. */
export class WindowState {
  readonly options: WindowOptions;
  readonly grace: FlushGrace;
  readonly lengths: readonly WindowLength[];
  /** Of the longest window, in slices; the longest hop. */
  readonly longest: number;
  readonly longestHop: number;
  /** Slices that are kept once they are final: for the longest window, and for a minute that waits for its turn. */
  readonly kept: number;
  readonly ring: SliceRing;
  readonly series: SeriesTable;
  readonly tracks = new TrackTable();
  readonly phases = new PhaseNames();
  readonly watch: WatchLog;
  /** Windows of several slices; that of one slice is the slice itself. */
  readonly running: readonly RunningWindow[];
  /** The same, in the order of `lengths`. */
  readonly runningByLength: readonly (RunningWindow | undefined)[];
  /** Its row 0 is for whoever puts one distribution together, within one turn. */
  readonly scratch = new SketchStore();
  /** By series: the end (number of slices since the epoch) up to which provisional points were emitted. */
  standing = new Float64Array(64);
  /** By series: greatest good latency in ns; NaN without an objective. So with time to first token. */
  objectivesNs = new Float64Array(64).fill(Number.NaN);
  ttftObjectivesNs = new Float64Array(64).fill(Number.NaN);
  /** The phase `ttft`; -1: nobody asked for it. */
  ttftPhase = NO_PHASE;
  /** Ends that are not to be emitted again. */
  readonly emitted = new EmittedEnds();
  /** All windows that end at or before this end are final, and the slices before it take nothing more. */
  finalEnd = 0;
  /** How many slices gave way to new ones before their time; the end of the latest of them. */
  evictions = 0;
  evictedEnd = 0;
  /** By series: the evictions of which its running windows know. */
  evictionsSeen = new Float64Array(64);

  constructor(options: WindowOptions, clock: Clock) {
    const { intervalMs, windowsMs, latenessMs, graceMs, batchGraceMs = graceMs, histogram } = options;
    this.options = options;
    this.lengths = [...windowsMs]
      .sort((a, b) => a - b)
      .map((windowMs) => createWindowLength(windowMs, intervalMs));
    const longestMs = Math.max(...windowsMs);
    this.longest = longestMs / intervalMs;
    this.kept = Math.max(this.longest, histogram ? slicesPerMinute(intervalMs) + histogram.delaySlices : 0);
    this.longestHop = Math.max(...this.lengths.map(({ hop }) => hop));
    this.grace = new FlushGrace(graceMs, batchGraceMs);
    const spareMs = latenessMs + Math.max(graceMs, batchGraceMs) + MAX_AHEAD_MS;
    this.ring = new SliceRing(this.kept + Math.ceil(spareMs / intervalMs) + 2);
    this.series = new SeriesTable({ maxSeries: options.maxSeries, maxNewPerDay: options.maxNewSeriesPerDay });
    this.watch = new WatchLog(clock);
    this.runningByLength = this.lengths.map((length) =>
      length.slices > 1 ? new RunningWindow(length, this.ring) : undefined,
    );
    this.running = this.runningByLength.filter((running) => running !== undefined);
  }

  /** The number of the slice in which a time lies; also the number of slices that ended before or at it. */
  sliceOf(timeMs: number): number {
    return Math.floor(timeMs / this.options.intervalMs);
  }

  /** Slices before this one are in no window or minute that is still to be emitted, nor to leave a running window. */
  get oldestNeeded(): number {
    return this.finalEnd - this.kept;
  }

  ensureSeries(count: number): void {
    if (count <= this.standing.length) return;
    this.standing = grown(this.standing, count);
    this.evictionsSeen = grown(this.evictionsSeen, count);
    this.objectivesNs = widened(this.objectivesNs, this.standing.length);
    this.ttftObjectivesNs = widened(this.ttftObjectivesNs, this.standing.length);
  }

  /** Makes the running windows of a series anew from the slices, where they stand. */
  rebuild(series: number): void {
    this.evictionsSeen[series] = this.evictions;
    for (const track of this.tracks.of(series)) {
      for (const window of this.running) window.rebuild(track.id, this.standing[series]);
    }
  }
}

function widened(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(length).fill(Number.NaN);
  wider.set(values);
  return wider;
}

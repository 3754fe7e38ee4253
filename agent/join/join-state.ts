import type { Clock } from '../core/clock.ts';
import { EmittedEnds } from '../core/emitted-ends.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { WatchLog } from '../core/watch-log.ts';
import { createWindowLength, type WindowLength } from '../core/window-length.ts';
import { AccountTable } from './account-table.ts';
import { BusyBook } from './busy-book.ts';
import { GpuNames } from './gpu-names.ts';
import type { JoinedSlice } from './joined-slice.ts';
import { SlotGrid } from './slot-grid.ts';

/** Of tensor cores: integer or half precision. */
export type TensorKind = 'imma' | 'hmma';

export interface GpuJoinOptions {
  /** Length of a slice. */
  readonly intervalMs: number;
  /** Multiples of the interval, the interval itself among them, ascending. */
  readonly windowsMs: readonly number[];
  /** How long after its completion a span may come. */
  readonly latenessMs: number;
  readonly maxSeries: number;
  /** How often a GPU answers; a source that is slower of its own accord is followed. */
  readonly tickMs: number;
  /** The tensor cores that a series should use, where the config says so. */
  readonly expectTensor?: (series: SeriesTags) => TensorKind | undefined;
}

/** A span may be this much ahead of the agent's clock, and a flush this much behind. */
export const MARGIN_MS = 10_000;
/** Energy is not read more often: the call costs 4 ms. */
const MIN_ENERGY_PERIOD_MS = 10_000;
/** A reading comes a little after it is due, and the power samples that shape it later still. */
const READING_MARGIN_MS = 4000;
/** On average a series may run in so many places. */
const ACCOUNTS_PER_SERIES = 4;
/** SEMANTICS: requests as long as this share of a window do not say what one of them takes. */
const LONG_SHARE = 1 / 5;

/** What the join consists of; `GpuJoin` and its parts work on it. */
export class JoinState {
  readonly options: GpuJoinOptions;
  readonly grid: SlotGrid;
  /** Ascending. */
  readonly lengths: readonly WindowLength[];
  /** Of the longest window, in slices. */
  readonly longest: number;
  /** How long after it is final a window waits for the energy readings that cover it. */
  readonly energyWaitMs: number;
  /** Between two energy readings further apart than this, nobody knows when the energy was used. */
  readonly maxEnergyGapMs: number;
  /** Slices that take requests, or wait for what GPUs say of them, at a time. */
  readonly maxOpenSlices: number;
  readonly names = new GpuNames();
  readonly accounts: AccountTable;
  readonly book: BusyBook;
  readonly watch: WatchLog;
  readonly emitted = new EmittedEnds();
  /** Oldest first, those that windows still need. */
  joined: JoinedSlice[] = [];

  constructor(options: GpuJoinOptions, clock: Clock) {
    const { intervalMs, windowsMs, latenessMs } = options;
    const energyPeriodMs = Math.max(options.tickMs, MIN_ENERGY_PERIOD_MS);
    this.options = options;
    this.grid = new SlotGrid(intervalMs);
    this.lengths = windowsMs.map((windowMs) => createWindowLength(windowMs, intervalMs));
    this.longest = Math.max(...this.lengths.map(({ slices }) => slices));
    this.energyWaitMs = energyPeriodMs + READING_MARGIN_MS;
    this.maxEnergyGapMs = 3 * energyPeriodMs;
    this.maxOpenSlices = Math.ceil((latenessMs + this.energyWaitMs + MARGIN_MS) / intervalMs) + 3;
    this.accounts = new AccountTable(ACCOUNTS_PER_SERIES * (options.maxSeries + 1));
    this.book = new BusyBook(this.grid, {
      slices: this.maxOpenSlices,
      fifthsNs: Float64Array.from(windowsMs, (windowMs) => windowMs * 1e6 * LONG_SHARE),
    });
    this.watch = new WatchLog(clock);
  }
}

import type { GpuSample } from '../core/gpu-sample.ts';
import { type CounterStep, spreadEnergy } from './energy-spread.ts';
import { LedgerSlice, type Sharing } from './ledger-slice.ts';
import type { SlotGrid } from './slot-grid.ts';

export interface LedgerOptions {
  readonly grid: SlotGrid;
  /** How often the GPU is to answer; a slower source is followed. */
  readonly tickMs: number;
  /** Between two energy readings further apart nobody knows when the energy was used. */
  readonly maxEnergyGapMs: number;
  /** Slices kept at most, should nobody release them. */
  readonly maxSlices: number;
}

/** A GPU that was silent for longer than so many of its usual gaps was not watched. */
const MAX_SILENT_TICKS = 3;
/** The least of so many gaps is the usual one: silences are rare and long. */
const GAPS_KEPT = 3;
/** Power samples come up to this much later than the counter that they shape. */
const MAX_POWER_LAG_MS = 3000;
/** Samples this close to a reading leave no more than a slot open. */
const SAMPLE_GAP_MS = 40;

interface Span {
  readonly fromMs: number;
  toMs: number;
}

/** What one GPU said, slice by slice: energy by slots, memory, activity, who else was on it. */
export class GpuLedger {
  readonly uuid: string;
  readonly #options: LedgerOptions;
  readonly #slices = new Map<number, LedgerSlice>();
  #answered: Span[] = [];
  /** Between the last answers. */
  #gapsMs: number[] = [];
  #energy: { readonly joules: number; readonly atMs: number } | undefined;
  /** Steps of the counter that wait for their power samples, oldest first. */
  #waiting: CounterStep[] = [];
  /** NaN: it gave none. */
  #lastPowerMs = Number.NaN;
  #oldest = 0;

  constructor(uuid: string, options: LedgerOptions) {
    this.uuid = uuid;
    this.#options = options;
  }

  /** Up to when the energy is known; absent when the GPU does not say. */
  get energyKnownToMs(): number | undefined {
    return this.#waiting[0]?.fromMs ?? this.#energy?.atMs;
  }

  get lastAnswerMs(): number {
    return this.#answered.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
  }

  find(index: number): LedgerSlice | undefined {
    return this.#slices.get(index);
  }

  slices(): readonly number[] {
    return [...this.#slices.keys()];
  }

  /** When it answered, without gaps worth mentioning. */
  answered(): readonly Readonly<Span>[] {
    return this.#answered;
  }

  record(sample: GpuSample, sharing: Sharing): void {
    const { grid } = this.#options;
    const lastMs = this.lastAnswerMs;
    if (sample.atMs < lastMs) this.#rewind(sample.atMs);
    const last = this.#answered.at(-1);
    const goesOn = last !== undefined && this.#isUsualGap(sample.atMs - last.toMs);
    if (goesOn) last.toMs = sample.atMs;
    else this.#answered.push({ fromMs: sample.atMs, toMs: sample.atMs });
    const index = grid.sliceOf(sample.atMs);
    for (let slice = goesOn ? Math.min(index, grid.sliceOf(lastMs) + 1) : index; slice <= index; slice++)
      this.#describe(this.#open(slice), sample, sharing);
    this.#addPower(sample);
    if (sample.energy !== undefined) this.#addEnergy(sample.energy);
    this.#spread(sample.atMs);
    if (sample.activity !== undefined) this.#addActivity(sample);
  }

  /** Slices before this one are not needed any more, but for those that the next energy reading reaches back to. */
  release(before: number): void {
    const { grid, maxSlices } = this.#options;
    const newest = Math.max(-1, ...this.#slices.keys());
    const reach = grid.sliceOf(this.energyKnownToMs ?? before * grid.intervalMs);
    this.#oldest = Math.max(Math.min(before, reach), newest - maxSlices);
    for (const index of this.#slices.keys()) if (index < this.#oldest) this.#slices.delete(index);
    const oldestMs = Math.min(this.#oldest, before) * grid.intervalMs;
    this.#answered = this.#answered.filter(
      (span, i) => span.toMs >= oldestMs || i === this.#answered.length - 1,
    );
  }

  #isUsualGap(gapMs: number): boolean {
    const leastMs = this.#gapsMs.length < GAPS_KEPT ? 0 : Math.min(...this.#gapsMs);
    const isUsual = gapMs <= MAX_SILENT_TICKS * Math.max(this.#options.tickMs, leastMs);
    this.#gapsMs = [...this.#gapsMs.slice(1 - GAPS_KEPT), gapMs];
    return isUsual;
  }

  #open(index: number): LedgerSlice | undefined {
    if (index < this.#oldest) return undefined;
    const known = this.#slices.get(index);
    if (known !== undefined) return known;
    const slice = new LedgerSlice(this.#options.grid, index);
    this.#slices.set(index, slice);
    if (this.#slices.size > this.#options.maxSlices) this.#slices.delete(Math.min(...this.#slices.keys()));
    return slice;
  }

  #describe(slice: LedgerSlice | undefined, sample: GpuSample, sharing: Sharing): void {
    if (slice === undefined) return;
    if (sample.memoryUsedBytes !== undefined) slice.addMemory(sample.memoryUsedBytes);
    if (sample.divided) slice.divided = true;
    if (sample.simulated) slice.simulated = true;
    slice.addSharing(sharing);
  }

  #addPower({ power }: GpuSample): void {
    if (power === undefined) return;
    this.#lastPowerMs = power.atMs.at(-1) ?? this.#lastPowerMs;
    for (const [i, atMs] of power.atMs.entries()) {
      const watts = power.watts[i];
      if (watts >= 0 && Number.isFinite(watts))
        this.#open(this.#options.grid.sliceOf(atMs))?.addPower(atMs, watts);
    }
  }

  /** A counter that fell was reset: what was used until then is unknown. */
  #addEnergy(energy: { readonly joules: number; readonly atMs: number }): void {
    const last = this.#energy;
    if (last !== undefined && energy.atMs <= last.atMs) return;
    this.#energy = energy;
    if (last === undefined || energy.joules < last.joules) return;
    if (energy.atMs - last.atMs > this.#options.maxEnergyGapMs) return;
    this.#waiting.push({ fromMs: last.atMs, toMs: energy.atMs, joules: energy.joules - last.joules });
  }

  /** What is shaped by all the power samples that it will get. */
  #spread(nowMs: number): void {
    const isComplete = ({ toMs }: CounterStep): boolean =>
      Number.isNaN(this.#lastPowerMs) ||
      this.#lastPowerMs >= toMs - SAMPLE_GAP_MS ||
      nowMs - toMs > MAX_POWER_LAG_MS;
    for (const step of this.#waiting.filter(isComplete))
      spreadEnergy(this.#options.grid, step, (index) => this.#open(index));
    this.#waiting = this.#waiting.filter((step) => !isComplete(step));
  }

  #addActivity({ activity, atMs }: GpuSample): void {
    if (activity === undefined || atMs - activity.fromMs > this.#options.maxEnergyGapMs) return;
    const { grid } = this.#options;
    for (let slice = grid.sliceOf(activity.fromMs); slice <= grid.sliceOf(atMs); slice++)
      this.#open(slice)?.addActivity(activity, atMs);
  }

  /** The clock was set back: what was read of the time from here on is read once more. */
  #rewind(atMs: number): void {
    const from = this.#options.grid.sliceOf(atMs);
    for (const index of this.#slices.keys()) if (index >= from) this.#slices.delete(index);
    this.#answered = this.#answered
      .filter(({ fromMs }) => fromMs < atMs)
      .map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, atMs) }));
    this.#answered.push({ fromMs: atMs, toMs: atMs });
    this.#energy = undefined;
    this.#waiting = [];
    this.#lastPowerMs = Number.NaN;
    this.#oldest = Math.min(this.#oldest, from);
  }
}

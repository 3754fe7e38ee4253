import type { GpuSample } from '../core/gpu-sample.ts';
import { spreadEnergy } from './energy-spread.ts';
import { LedgerSlice, type Sharing } from './ledger-slice.ts';
import type { SlotGrid } from './slot-grid.ts';

export interface LedgerOptions {
  readonly grid: SlotGrid;
  /** A GPU that was silent for longer was not watched. */
  readonly maxSilenceMs: number;
  /** Between two energy readings further apart nobody knows when the energy was used. */
  readonly maxEnergyGapMs: number;
  /** Slices kept at most, should nobody release them. */
  readonly maxSlices: number;
}

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
  #energy: { readonly joules: number; readonly atMs: number } | undefined;
  #oldest = 0;

  constructor(uuid: string, options: LedgerOptions) {
    this.uuid = uuid;
    this.#options = options;
  }

  /** Up to when the energy is known, and will be: absent when the GPU does not say. */
  get energyKnownToMs(): number | undefined {
    return this.#energy?.atMs;
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
    const { grid, maxSilenceMs } = this.#options;
    const lastMs = this.lastAnswerMs;
    if (sample.atMs < lastMs) this.#rewind(sample.atMs);
    const last = this.#answered.at(-1);
    const goesOn = last !== undefined && sample.atMs - last.toMs <= maxSilenceMs;
    if (goesOn) last.toMs = sample.atMs;
    else this.#answered.push({ fromMs: sample.atMs, toMs: sample.atMs });
    const index = grid.sliceOf(sample.atMs);
    for (let slice = goesOn ? Math.min(index, grid.sliceOf(lastMs) + 1) : index; slice <= index; slice++)
      this.#describe(this.#open(slice), sample, sharing);
    this.#addPower(sample);
    if (sample.energy !== undefined) this.#addEnergy(sample.energy);
    if (sample.activity !== undefined) this.#addActivity(sample);
  }

  /** Slices before this one are not needed any more, but for those that the next energy reading reaches back to. */
  release(before: number): void {
    const { grid, maxSlices } = this.#options;
    const newest = Math.max(-1, ...this.#slices.keys());
    const reach = this.#energy === undefined ? before : grid.sliceOf(this.#energy.atMs);
    this.#oldest = Math.max(Math.min(before, reach), newest - maxSlices);
    for (const index of this.#slices.keys()) if (index < this.#oldest) this.#slices.delete(index);
    const oldestMs = Math.min(this.#oldest, before) * grid.intervalMs;
    this.#answered = this.#answered.filter(
      (span, i) => span.toMs >= oldestMs || i === this.#answered.length - 1,
    );
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
    const step = { fromMs: last.atMs, toMs: energy.atMs, joules: energy.joules - last.joules };
    spreadEnergy(this.#options.grid, step, (index) => this.#open(index));
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
    this.#oldest = Math.min(this.#oldest, from);
  }
}

import type { GpuActivity } from '../core/gpu-sample.ts';
import type { SlotGrid } from './slot-grid.ts';

/** The shares that `GpuActivity` gives, in the order of the sums. */
export const ACTIVITY = ['utilizationRatio', 'tensorAnyRatio', 'tensorHmmaRatio', 'tensorImmaRatio'] as const;
export type ActivityName = (typeof ACTIVITY)[number];

/** Whether a process that is not the server's was on the GPU. */
export const Sharing = { unknown: 0, exclusive: 1, shared: 2 } as const;
export type Sharing = (typeof Sharing)[keyof typeof Sharing];

/** What one GPU said of one slice. */
export class LedgerSlice {
  readonly index: number;
  /** By slot: sum and number of the power samples in it. Absent: there were none. */
  watts: Float32Array | undefined;
  samples: Uint8Array | undefined;
  /** By slot: energy, from the counter. Absent: no reading covered the slice. */
  joules: Float64Array | undefined;
  /** For how much of the slice the energy is known. */
  energyKnownMs = 0;
  /** NaN: unknown. */
  memoryUsedMaxBytes = Number.NaN;
  sharing: Sharing = Sharing.unknown;
  divided = false;
  simulated = false;
  /** By `ACTIVITY`: share × time, and the time in which it was known. */
  readonly activityMs = new Float64Array(ACTIVITY.length);
  readonly activityKnownMs = new Float64Array(ACTIVITY.length);
  readonly #grid: SlotGrid;

  constructor(grid: SlotGrid, index: number) {
    this.#grid = grid;
    this.index = index;
  }

  get startMs(): number {
    return this.index * this.#grid.intervalMs;
  }

  get endMs(): number {
    return this.startMs + this.#grid.intervalMs;
  }

  /** Energy of the whole slice, by slot; absent if a part is unknown. */
  get wholeJoules(): Float64Array | undefined {
    const isWhole = this.energyKnownMs > this.#grid.intervalMs - this.#grid.slotMs / 1000;
    return isWhole && !this.divided ? this.joules : undefined;
  }

  addPower(atMs: number, watts: number): void {
    this.watts ??= new Float32Array(this.#grid.slots);
    this.samples ??= new Uint8Array(this.#grid.slots);
    const slot = Math.min(this.#grid.firstSlot(this.index, atMs), this.#grid.slots - 1);
    if (this.samples[slot] === 255) return;
    this.watts[slot] += watts;
    this.samples[slot]++;
  }

  /** Mean power of the samples in a slot; NaN: there were none. */
  wattsIn(slot: number): number {
    if (this.watts === undefined || this.samples === undefined) return Number.NaN;
    return this.watts[slot] / this.samples[slot];
  }

  addJoules(slot: number, joules: number): void {
    this.joules ??= new Float64Array(this.#grid.slots);
    this.joules[slot] += joules;
  }

  /** Means over a time, of which some may lie in this slice. */
  addActivity(activity: GpuActivity, toMs: number): void {
    const overlapMs = Math.min(toMs, this.endMs) - Math.max(activity.fromMs, this.startMs);
    for (const [position, name] of ACTIVITY.entries()) {
      const ratio = activity[name];
      if (ratio === undefined || !(overlapMs > 0)) continue;
      this.activityMs[position] += ratio * overlapMs;
      this.activityKnownMs[position] += overlapMs;
    }
  }

  addMemory(usedBytes: number): void {
    if (!(this.memoryUsedMaxBytes >= usedBytes)) this.memoryUsedMaxBytes = usedBytes;
  }

  addSharing(sharing: Sharing): void {
    if (sharing > this.sharing) this.sharing = sharing;
  }
}

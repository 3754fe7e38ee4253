import type { LedgerSlice } from './ledger-slice.ts';
import type { SlotGrid } from './slot-grid.ts';

/** What the counter rose by between two readings. */
export interface CounterStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly joules: number;
}

/**
 * Spreads a step of the counter over the slots between its readings in proportion to the power samples; evenly where
 * there are none. The parts sum to the step; those in slices that `find` no longer has are let go.
 */
export function spreadEnergy(
  grid: SlotGrid,
  step: CounterStep,
  find: (slice: number) => LedgerSlice | undefined,
): void {
  const first = grid.sliceOf(step.fromMs);
  const last = Math.max(first, Math.ceil(step.toMs / grid.intervalMs) - 1);
  const slices = Array.from({ length: last - first + 1 }, (_, i) => find(first + i));
  const parts = powerOf(grid, slices);
  const begin = grid.firstSlot(first, step.fromMs);
  const end = (last - first) * grid.slots + grid.endSlot(last, step.toMs);
  fillGaps(parts, begin, end);
  let total = weigh(grid, parts, { step, first, begin, end });
  if (!(total > 0)) total = weigh(grid, parts.fill(1), { step, first, begin, end });
  for (const [position, slice] of slices.entries()) {
    if (slice === undefined) continue;
    const offset = position * grid.slots;
    const to = Math.min(end - offset, grid.slots);
    for (let slot = Math.max(0, begin - offset); slot < to; slot++)
      slice.addJoules(slot, (step.joules * parts[offset + slot]) / total);
    slice.energyKnownMs += Math.min(step.toMs, slice.endMs) - Math.max(step.fromMs, slice.startMs);
  }
}

/** Mean power of each slot; NaN: no sample. */
function powerOf(grid: SlotGrid, slices: readonly (LedgerSlice | undefined)[]): Float64Array {
  const power = new Float64Array(slices.length * grid.slots).fill(Number.NaN);
  for (const [position, slice] of slices.entries()) {
    if (slice?.watts === undefined) continue;
    for (let slot = 0; slot < grid.slots; slot++) power[position * grid.slots + slot] = slice.wattsIn(slot);
  }
  return power;
}

/** A slot without a sample lies on the line between its neighbours; before the first and after the last it is level. */
function fillGaps(power: Float64Array, begin: number, end: number): void {
  let known = -1;
  for (let slot = begin; slot < end; slot++) {
    if (Number.isNaN(power[slot])) continue;
    const from = known < 0 ? power[slot] : power[known];
    const run = known < 0 ? begin - 1 : known;
    for (let gap = run + 1; gap < slot; gap++)
      power[gap] = from + ((power[slot] - from) * (gap - run)) / (slot - run);
    known = slot;
  }
  power.fill(known < 0 ? 1 : power[known], known < 0 ? begin : known + 1, end);
}

/** Power becomes work: a slot at an edge counts as far as it lies between the readings. Returns the sum. */
function weigh(
  grid: SlotGrid,
  parts: Float64Array,
  { step, first, begin, end }: { step: CounterStep; first: number; begin: number; end: number },
): number {
  let total = 0;
  for (let slot = begin; slot < end; slot++) {
    if (slot === begin || slot === end - 1) {
      const startMs = first * grid.intervalMs + slot * grid.slotMs;
      const overlapMs = Math.min(step.toMs, startMs + grid.slotMs) - Math.max(step.fromMs, startMs);
      parts[slot] *= Math.max(0, overlapMs) / grid.slotMs;
    }
    total += parts[slot];
  }
  return total;
}

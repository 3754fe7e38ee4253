import { countBits, eachBit } from './slot-bits.ts';

/** What one series took of a GPU in a slice. */
export interface SlotShare {
  /** Slots. */
  readonly busy: number;
  /** Slots, each divided by the number of series busy in it. */
  readonly share: number;
  /** Slots in which no other series was busy. */
  readonly alone: number;
  readonly activeJoules: number;
  readonly idleJoules: number;
}

export interface SlotSplit {
  /** In the order of the bitmaps. */
  readonly shares: readonly SlotShare[];
  /** Energy of the slice when nobody was busy in it, else 0. */
  readonly unusedJoules: number;
}

/**
 * Splits a GPU's slice among the series whose bitmaps these are. A slot's energy belongs to those busy in it in equal
 * parts; that of idle slots to all that were busy in the slice, by their share. Nothing is lost on the way.
 */
export function splitSlots(slots: number, bitmaps: readonly Int32Array[], joules?: Float64Array): SlotSplit {
  const busySeries = new Uint16Array(slots);
  for (const bits of bitmaps) {
    eachBit(bits, (slot) => {
      busySeries[slot]++;
    });
  }
  let busySlots = 0;
  let idleJoules = 0;
  for (let slot = 0; slot < slots; slot++) {
    if (busySeries[slot] > 0) busySlots++;
    else idleJoules += joules?.[slot] ?? 0;
  }
  const shares = bitmaps.map((bits) => {
    const own = sumOwn(bits, busySeries, joules);
    return { ...own, idleJoules: busySlots === 0 ? 0 : (idleJoules * own.share) / busySlots };
  });
  return { shares, unusedJoules: busySlots === 0 ? idleJoules : 0 };
}

function sumOwn(bits: Int32Array, busySeries: Uint16Array, joules?: Float64Array) {
  let share = 0;
  let alone = 0;
  let activeJoules = 0;
  eachBit(bits, (slot) => {
    share += 1 / busySeries[slot];
    if (busySeries[slot] === 1) alone++;
    if (joules !== undefined) activeJoules += joules[slot] / busySeries[slot];
  });
  return { busy: countBits(bits), share, alone, activeJoules };
}

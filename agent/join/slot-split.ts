import { countBits, countSlots, sumSlots } from './slot-bits.ts';

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

/**
 * Splits a GPU's slice among series by their bitmaps: first `add` all of them, then `settle`, then ask for each one's
 * share. A slot's energy belongs to those busy in it in equal parts; that of idle slots to all that were busy in the
 * slice, by their share. Nothing is lost on the way.
 */
export class SlotSplit {
  readonly #busySeries: Uint16Array;
  /** By slot. */
  readonly #share: Float64Array;
  readonly #alone: Float64Array;
  readonly #activeJoules: Float64Array;
  #busySlots = 0;
  #idleJoules = 0;

  constructor(slots: number) {
    this.#busySeries = new Uint16Array(slots);
    this.#share = new Float64Array(slots);
    this.#alone = new Float64Array(slots);
    this.#activeJoules = new Float64Array(slots);
  }

  add(bits: Int32Array): void {
    countSlots(bits, this.#busySeries);
  }

  /** `joules` by slot; absent: unknown, and 0 everywhere. */
  settle(joules: Float64Array | undefined): void {
    for (const [slot, series] of this.#busySeries.entries()) {
      const slotJoules = joules?.[slot] ?? 0;
      if (series === 0) {
        this.#idleJoules += slotJoules;
        continue;
      }
      this.#busySlots++;
      this.#share[slot] = 1 / series;
      this.#alone[slot] = series === 1 ? 1 : 0;
      this.#activeJoules[slot] = slotJoules / series;
    }
  }

  /** Of a series that was added. */
  shareOf(bits: Int32Array): SlotShare {
    const share = sumSlots(bits, this.#share);
    return {
      busy: countBits(bits),
      share,
      alone: sumSlots(bits, this.#alone),
      activeJoules: sumSlots(bits, this.#activeJoules),
      idleJoules: this.#busySlots === 0 ? 0 : (this.#idleJoules * share) / this.#busySlots,
    };
  }

  /** Energy of the slice when nobody was busy in it, else 0. */
  get unusedJoules(): number {
    return this.#busySlots === 0 ? this.#idleJoules : 0;
  }
}

/** A closed slice of all series that are followed. */
interface KeptSlice {
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By slot where its part begins; the part ends where the next one begins. One more than slots. */
  readonly offsets: Uint32Array;
}

/** What a slice takes beside its bytes. */
const OVERHEAD_BYTES = 300;

/** Closed slices, in the order of time: bounded in time and in bytes, the oldest go first. */
export class KeptSlices {
  readonly #maxBytes: number;
  #slices: KeptSlice[] = [];
  #bytes = 0;
  /** Slices before this one may be gone although something was recorded in them. */
  floor = 0;
  /** Slices that had to go for want of room. */
  dropped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#slices.length;
  }

  /** Later than all that are kept. */
  push(slice: KeptSlice): void {
    this.#slices.push(slice);
    this.#bytes += sizeOf(slice);
    let gone = 0;
    while (this.#bytes > this.#maxBytes && gone < this.#slices.length)
      this.#bytes -= sizeOf(this.#slices[gone++]);
    if (gone === 0) return;
    this.dropped += gone;
    this.#dropFirst(gone);
  }

  /** Slices before this one are not needed any more. */
  forgetBefore(number: number): void {
    const left = this.#slices.findIndex((slice) => slice.number >= number);
    const gone = left < 0 ? this.#slices.length : left;
    for (const slice of this.#slices.slice(0, gone)) this.#bytes -= sizeOf(slice);
    if (gone > 0) this.#dropFirst(gone);
    this.floor = Math.max(this.floor, number);
  }

  /** This slice and later ones will come once more: the clock was set back. */
  forgetFrom(number: number): void {
    for (const slice of this.#slices) if (slice.number >= number) this.#bytes -= sizeOf(slice);
    this.#slices = this.#slices.filter((slice) => slice.number < number);
  }

  /** What a slot did in the slices from `from` up to, not including, `to`, in the order of time. */
  *parts(slot: number, from: number, to: number): Iterable<readonly [number, Uint8Array<ArrayBuffer>]> {
    for (const { number, bytes, offsets } of this.#slices) {
      if (number < from || slot + 1 >= offsets.length) continue;
      if (number >= to) return;
      if (offsets[slot + 1] > offsets[slot]) yield [number, bytes.subarray(offsets[slot], offsets[slot + 1])];
    }
  }

  #dropFirst(count: number): void {
    this.floor = Math.max(this.floor, this.#slices[count - 1].number + 1);
    this.#slices.splice(0, count);
  }
}

function sizeOf({ bytes, offsets }: KeptSlice): number {
  return bytes.length + offsets.byteLength + OVERHEAD_BYTES;
}

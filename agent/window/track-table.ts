import { grown } from '../core/growable.ts';

const PHASE_SLOTS = 64;
/** Kinds of tracks; a phase is `FIRST_PHASE` + its id. */
export const LATENCY = 0;
export const ERROR_LATENCY = 1;
export const FIRST_PHASE = 2;
const SLOTS = FIRST_PHASE + PHASE_SLOTS;

/** One distribution of a series. */
export interface Track {
  readonly id: number;
  /** `LATENCY`, `ERROR_LATENCY`, or `FIRST_PHASE` + id of the phase. */
  readonly kind: number;
}

/** Which distribution of which series is which track. Tracks are opened when their first value comes. */
export class TrackTable {
  /** By series * SLOTS + kind: track id + 1; 0: not open. */
  #ids = new Int32Array(0);
  readonly #tracks: (Track[] | undefined)[] = [];
  readonly #freeIds: number[] = [];
  #end = 0;

  /** Ids are below this. */
  get capacity(): number {
    return this.#end;
  }

  /** Hot. The track's id, opened if new. */
  open(series: number, kind: number): number {
    const slot = series * SLOTS + kind;
    const known = this.#ids[slot];
    return known === undefined || known === 0 ? this.#create(series, kind) : known - 1;
  }

  of(series: number): readonly Track[] {
    return this.#tracks[series] ?? [];
  }

  find(series: number, kind: number): number | undefined {
    const known = this.#ids[series * SLOTS + kind];
    return known === undefined || known === 0 ? undefined : known - 1;
  }

  freeAll(series: number): void {
    for (const track of this.of(series)) {
      this.#ids[series * SLOTS + track.kind] = 0;
      this.#freeIds.push(track.id);
    }
    this.#tracks[series] = undefined;
  }

  #create(series: number, kind: number): number {
    if ((series + 1) * SLOTS > this.#ids.length) this.#ids = grown(this.#ids, (series + 1) * SLOTS);
    const id = this.#freeIds.pop() ?? this.#end++;
    this.#ids[series * SLOTS + kind] = id + 1;
    const tracks = this.#tracks[series] ?? [];
    tracks.push({ id, kind });
    this.#tracks[series] = tracks;
    return id;
  }
}

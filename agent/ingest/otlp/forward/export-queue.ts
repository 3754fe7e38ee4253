import { BufferPool } from '../../buffer-pool.ts';
import type { OtlpExport } from './otlp-export.ts';

/** An export that waits to be passed on. */
export interface WaitingExport {
  readonly sent: OtlpExport;
  /** Where its bytes stand. */
  readonly room: Buffer;
  /** Monotonic ms. */
  readonly sinceMs: number;
}

/** What an export takes beside its bytes: many tiny ones are bounded too. */
const EXPORT_OVERHEAD_BYTES = 256;
const MIN_GAP = 1024;
/** For the exports of a round. */
const MAX_KEPT_BYTES = 4 << 20;

/**
 * Copies of exports in the order in which they came, bounded by the memory they take; those that were taken out count
 * until they are settled.
 */
export class ExportQueue {
  readonly #maxBytes: number;
  readonly #pool = new BufferPool(MAX_KEPT_BYTES);
  #entries: (WaitingExport | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #taken = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** With those taken out. */
  get count(): number {
    return this.#entries.length - this.#head + this.#taken;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** Hot. Returns how many exports, the oldest, had to make room; the new one itself if nothing else can. */
  push(sent: OtlpExport, sinceMs: number): number {
    const { bytes } = sent;
    const room = this.#pool.take(bytes.byteLength);
    room.set(bytes);
    const entry = { sent: { ...sent, bytes: room.subarray(0, bytes.byteLength) }, room, sinceMs };
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    let dropped = 0;
    while (this.#bytes > this.#maxBytes && !this.isEmpty) {
      this.#free(this.#shift());
      dropped++;
    }
    return dropped;
  }

  /** The oldest, at most so many, and more than one only up to `maxBytes`. */
  take(maxCount: number, maxBytes: number): WaitingExport[] {
    const taken: WaitingExport[] = [];
    let bytes = 0;
    while (taken.length < maxCount && !this.isEmpty) {
      bytes += sizeOf(this.#first());
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(this.#shift());
    }
    this.#taken += taken.length;
    return taken;
  }

  /** One that was taken has gone its way. */
  settle(entry: WaitingExport): void {
    this.#free(entry);
    this.#taken--;
  }

  /** Some that were taken, in their order, wait again, before all others. */
  putBack(entries: readonly WaitingExport[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#head)];
    this.#head = 0;
    this.#taken -= entries.length;
  }

  /** Lets go of those that came before `sinceMs`; returns how many. */
  dropBefore(sinceMs: number): number {
    let dropped = 0;
    while (!this.isEmpty && this.#first().sinceMs < sinceMs) {
      this.#free(this.#shift());
      dropped++;
    }
    return dropped;
  }

  #free(entry: WaitingExport): void {
    this.#bytes -= sizeOf(entry);
    this.#pool.giveBack(entry.room);
  }

  #first(): WaitingExport {
    return this.#entries[this.#head] as WaitingExport;
  }

  #shift(): WaitingExport {
    const first = this.#first();
    this.#entries[this.#head++] = undefined;
    if (this.#head >= MIN_GAP && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}

function sizeOf({ room }: WaitingExport): number {
  return room.length + EXPORT_OVERHEAD_BYTES;
}

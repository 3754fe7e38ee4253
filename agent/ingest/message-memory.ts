/** Messages at the limit of their length that may be received at a time, and as much in smaller ones. */
const LONGEST_MESSAGES = 16;
const MIN_BYTES = 64 << 20;
const LEAST_ROOM = 1 << 16;
/** Of rooms that nobody uses: those of a busy exporter's calls are used again. */
const MAX_KEPT_BYTES = 2 << 20;

/**
 * Memory for messages between their first byte and their answer, of all calls together: bounded, and used again, because
 * what V8 does not manage it cleans up dearly (a new buffer for each message of 300 kB cost OTLP 1.5 µs a span, see
 * `npm run bench -- otlp`).
 */
export class MessageMemory {
  readonly maxBytes: number;
  #bytes = 0;
  /** Of rooms by size. */
  readonly #kept = new Map<number, Buffer[]>();
  #keptBytes = 0;

  /** `messageBytes`: of the longest message. */
  constructor(messageBytes: number) {
    this.maxBytes = Math.max(MIN_BYTES, LONGEST_MESSAGES * messageBytes);
  }

  /** In use now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many bytes more may be used; they count until they are released. */
  reserve(bytes: number): boolean {
    if (this.#bytes + bytes > this.maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /**
   * Room for a message of `length` bytes, of which `received` came or are about to: all of it while there is plenty, else
   * as much as four times what came, so that nobody gets memory for a promise. Undefined: there is none.
   */
  take(length: number, received: number): Buffer | undefined {
    const isPlenty = this.#bytes + length <= this.maxBytes / 2;
    const size = roomFor(isPlenty ? length : Math.min(length, 4 * received));
    if (!this.reserve(size)) return undefined;
    const kept = this.#kept.get(size)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptBytes -= size;
    return kept;
  }

  /** What `take` gave; nobody reads or writes it any more. */
  giveBack(room: Buffer): void {
    const { length } = room;
    this.release(length);
    if (this.#keptBytes + length > MAX_KEPT_BYTES) return;
    this.#keptBytes += length;
    const kept = this.#kept.get(length);
    if (kept === undefined) this.#kept.set(length, [room]);
    else kept.push(room);
  }
}

/** A power of two. */
function roomFor(bytes: number): number {
  return bytes <= LEAST_ROOM ? LEAST_ROOM : 2 ** Math.ceil(Math.log2(bytes));
}

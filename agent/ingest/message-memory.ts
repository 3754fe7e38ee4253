import { BufferPool, pooledSize } from './buffer-pool.ts';

/** Messages at the limit of their length that may be received at a time, and as much in smaller ones. */
const LONGEST_MESSAGES = 16;
const MIN_BYTES = 64 << 20;
/** For the calls of a busy exporter. */
const MAX_KEPT_BYTES = 2 << 20;
/** What a message may get before it came: a frame of HTTP/2. */
const LEAST_ROOM = 1 << 14;

/** Memory for messages between their first byte and their answer: bounded for all calls together, and used again. */
export class MessageMemory {
  readonly maxBytes: number;
  readonly #pool = new BufferPool(MAX_KEPT_BYTES);
  #bytes = 0;

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
    const bytes = isPlenty ? length : Math.min(length, Math.max(LEAST_ROOM, 4 * received));
    return this.reserve(pooledSize(bytes)) ? this.#pool.take(bytes) : undefined;
  }

  /** What `take` gave; nobody reads or writes it any more. */
  giveBack(room: Buffer): void {
    this.release(room.length);
    this.#pool.giveBack(room);
  }
}

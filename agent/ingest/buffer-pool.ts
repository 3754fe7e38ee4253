/** Smaller ones are just as long as they need be, and not kept. */
const LEAST_BYTES = 1 << 14;

/**
 * Buffers for messages, used again: what is not on V8's heap it cleans up dearly. A new buffer for each message of 300 kB
 * made it mark and sweep every 30 ms, 1.5 µs a span of OTLP (`npm run bench -- otlp`).
 */
export class BufferPool {
  readonly #maxKeptBytes: number;
  readonly #kept = new Map<number, Buffer[]>();
  #keptBytes = 0;

  /** `maxKeptBytes`: of buffers that nobody uses. */
  constructor(maxKeptBytes: number) {
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** Of at least so many bytes, with anything in them; as long as `pooledSize` says. */
  take(bytes: number): Buffer {
    const size = pooledSize(bytes);
    if (size < LEAST_BYTES) return Buffer.allocUnsafeSlow(size);
    const kept = this.#kept.get(size)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptBytes -= size;
    return kept;
  }

  /** What `take` gave; nobody reads or writes it any more. */
  giveBack(buffer: Buffer): void {
    const { length } = buffer;
    if (length < LEAST_BYTES || this.#keptBytes + length > this.#maxKeptBytes) return;
    this.#keptBytes += length;
    const kept = this.#kept.get(length);
    if (kept === undefined) this.#kept.set(length, [buffer]);
    else kept.push(buffer);
  }
}

/** How long a pool's buffer for so many bytes is: a power of two, unless it is small. */
export function pooledSize(bytes: number): number {
  return bytes < LEAST_BYTES ? bytes : 2 ** Math.ceil(Math.log2(bytes));
}

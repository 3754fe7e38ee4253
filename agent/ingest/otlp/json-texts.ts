const START_BYTES = 4096;
/** Up to so much is kept for the next message. */
const KEEP_BYTES = 1 << 20;
/** UTF-8 needs at most so many bytes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/** The texts of a JSON message as bytes, so that spans have them as they have those of protobuf. Reused. */
export class JsonTexts {
  view = new DataView(new ArrayBuffer(START_BYTES));
  /** Where the next text will stand; to be set back to what it was when those after it are no longer needed. */
  end = 0;

  clear(): void {
    this.end = 0;
    if (this.view.byteLength > KEEP_BYTES) this.view = new DataView(new ArrayBuffer(START_BYTES));
  }

  /** Appends a text and returns where it begins; it ends at `end`. `view` may be another one afterwards. */
  add(text: string): number {
    const start = this.end;
    const needed = start + text.length * BYTES_PER_UNIT;
    if (needed > this.view.byteLength) this.#grow(Math.max(needed, this.view.byteLength * 2));
    this.end = start + Buffer.from(this.view.buffer).write(text, start, 'utf8');
    return start;
  }

  #grow(length: number): void {
    const bytes = new Uint8Array(length);
    bytes.set(new Uint8Array(this.view.buffer));
    this.view = new DataView(bytes.buffer);
  }
}

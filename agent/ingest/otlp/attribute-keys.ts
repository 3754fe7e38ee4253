const LOAD = 4;
const NO_SLOT = -1;

/**
 * The strings that mappings ask for (keys of attributes, names of events, texts that they compare with), each with a
 * slot: its place in the list. Those of a message are looked up by their bytes, without decoding them; what nobody asks
 * for has no slot.
 */
export class AttributeKeys {
  readonly count: number;
  readonly #keys: readonly DataView[];
  readonly #slots: ReadonlyMap<string, number>;
  /** Open addressing over a power of two; slot plus one, or 0 for none. */
  readonly #table: Int32Array;

  /** No key is there twice. */
  constructor(keys: readonly string[]) {
    this.count = keys.length;
    this.#slots = new Map(keys.map((key, slot) => [key, slot]));
    this.#keys = keys.map((key) => new DataView(new TextEncoder().encode(key).buffer));
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(LOAD * keys.length + 1)));
    for (const [slot, key] of this.#keys.entries()) this.#place(slot, key);
  }

  /** Hot. The slot of the bytes from `start` to before `end`; -1: nobody asks for them. */
  slotOf(message: DataView, start: number, end: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = hashOf(message, start, end) & mask; ; at = (at + 1) & mask) {
      const slot = table[at] - 1;
      if (slot < 0) return NO_SLOT;
      if (isEqual(this.#keys[slot], message, start, end)) return slot;
    }
  }

  /** The same of a string. */
  slotOfText(text: string): number {
    return this.#slots.get(text) ?? NO_SLOT;
  }

  #place(slot: number, key: DataView): void {
    const mask = this.#table.length - 1;
    let at = hashOf(key, 0, key.byteLength) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = slot + 1;
  }
}

/**
 * Of the length and the words at the end and in the middle, in which keys differ that share a prefix. Senders who make
 * theirs collide meet as many keys as there are, and add none.
 */
function hashOf(view: DataView, start: number, end: number): number {
  const length = end - start;
  if (length < 4) return length;
  const hash =
    view.getInt32(end - 4, true) ^ Math.imul(view.getInt32(start + ((length - 4) >> 1), true), 0x9e3779b1);
  const mixed = Math.imul(hash ^ length, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function isEqual(key: DataView, message: DataView, start: number, end: number): boolean {
  const length = key.byteLength;
  if (length !== end - start) return false;
  const lastWord = length - 4;
  for (let at = 0; at < lastWord; at += 4) {
    if (key.getInt32(at, true) !== message.getInt32(start + at, true)) return false;
  }
  // The last word may overlap the one before it.
  if (lastWord >= 0) return key.getInt32(lastWord, true) === message.getInt32(start + lastWord, true);
  for (let at = 0; at < length; at++) if (key.getUint8(at) !== message.getUint8(start + at)) return false;
  return true;
}

import { type ByteIntern, EMPTY_ID, TOO_LONG_ID } from '../byte-intern.ts';

/** Longer ones are too long for a name under any config. */
const MAX_BYTES = 8192;

/**
 * Names that outlive a generation of the intern table: ids → strings when a span begins to wait, and back when it is
 * settled. A name that is too long is so then too; what is no UTF-8 comes back with U+FFFD.
 */
export class HeldNames {
  readonly #intern: ByteIntern;
  #generation = -1;
  readonly #texts = new Map<number, string>();
  readonly #ids = new Map<string, number>();
  readonly #bytes = new Uint8Array(MAX_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(intern: ByteIntern) {
    this.#intern = intern;
  }

  textOf(id: number): string {
    if (id === EMPTY_ID) return '';
    this.#refresh();
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const text = id === TOO_LONG_ID ? 'x'.repeat(MAX_BYTES) : this.#intern.text(id);
    this.#texts.set(id, text);
    return text;
  }

  idOf(text: string): number {
    if (text === '') return EMPTY_ID;
    this.#refresh();
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const { written } = new TextEncoder().encodeInto(text, this.#bytes);
    const id = this.#intern.idOf(this.#view, 0, written);
    // Of those that are too long there may be any number, and they begin no new generation.
    if (id !== TOO_LONG_ID) this.#ids.set(text, id);
    return id;
  }

  #refresh(): void {
    if (this.#generation === this.#intern.generation) return;
    this.#generation = this.#intern.generation;
    this.#texts.clear();
    this.#ids.clear();
  }
}

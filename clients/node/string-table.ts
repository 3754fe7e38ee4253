/** The strings of one batch, each once; messages refer to them by index plus one, 0 being the empty string. */
export class StringTable {
  readonly #referenceByText = new Map<string, number>();

  reference(text: string): number {
    if (text === '') return 0;
    let reference = this.#referenceByText.get(text);
    if (reference === undefined) {
      reference = this.#referenceByText.size + 1;
      this.#referenceByText.set(text, reference);
    }
    return reference;
  }

  /** In the order of their references. */
  texts(): Iterable<string> {
    return this.#referenceByText.keys();
  }
}

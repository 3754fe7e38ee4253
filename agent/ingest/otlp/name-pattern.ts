/** A name, or one with `*` for any characters. Takes time linear in the name for each star: names come from outside. */
export class NamePattern {
  readonly #first: string;
  /** Between stars. */
  readonly #middle: readonly string[];
  /** Absent: there is no star. */
  readonly #last: string | undefined;

  constructor(pattern: string) {
    const [first = '', ...rest] = pattern.split('*');
    this.#first = first;
    this.#last = rest.at(-1);
    this.#middle = rest.slice(0, -1);
  }

  matches(name: string): boolean {
    if (this.#last === undefined) return name === this.#first;
    const end = name.length - this.#last.length;
    let at = this.#first.length;
    if (end < at || !name.startsWith(this.#first) || !name.endsWith(this.#last)) return false;
    for (const part of this.#middle) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  }
}

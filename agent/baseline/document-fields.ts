/** What is wrong with a document, and where: `slices[3].latency: …`. */
export class DocumentFault extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of one object of a document. Each reader throws a DocumentFault where the value is not what it must be. */
export class DocumentFields {
  readonly #path: string;
  readonly #fields: Fields;

  /** `known`: all keys that may stand here; another one is of a later version, or a slip, and would be lost. */
  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new DocumentFault(`${path || 'the document'}: must be an object`);
    this.#path = path;
    this.#fields = value as Fields;
    const unknown = Object.keys(value).find((key) => !known.includes(key));
    if (unknown !== undefined) throw new DocumentFault(`${this.at(unknown)}: there is no such key`);
  }

  at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined;
  }

  raw(key: string): unknown {
    return this.#fields[key];
  }

  /** An integer from 0 to 2^53. `fallback`: where it is absent. */
  integer(key: string, fallback?: number): number {
    return this.#take(key, fallback, 'a whole number, 0 or more', Number.isSafeInteger);
  }

  /** A finite number, 0 or more. */
  number(key: string, fallback?: number): number {
    return this.#take(key, fallback, 'a number, 0 or more', Number.isFinite);
  }

  /** Absent: undefined. */
  optionalNumber(key: string): number | undefined {
    return this.has(key) ? this.number(key) : undefined;
  }

  text(key: string, fallback?: string): string {
    const value = this.#fields[key] ?? fallback;
    if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
    throw new DocumentFault(`${this.at(key)}: must be a text of at most ${MAX_TEXT} characters`);
  }

  list(key: string, max: number): readonly unknown[] {
    const value = this.#fields[key] ?? [];
    if (Array.isArray(value) && value.length <= max) return value;
    throw new DocumentFault(`${this.at(key)}: must be a list of at most ${max}`);
  }

  /** The entries of an object whose keys are names. */
  entries(key: string, max: number): readonly (readonly [string, unknown])[] {
    const value = this.#fields[key] ?? {};
    const isObject = typeof value === 'object' && !Array.isArray(value);
    if (isObject && Object.keys(value).length <= max) return Object.entries(value);
    throw new DocumentFault(`${this.at(key)}: must be an object of at most ${max} names`);
  }

  #take(
    key: string,
    fallback: number | undefined,
    expected: string,
    isRight: (value: unknown) => boolean,
  ): number {
    const value = this.#fields[key] ?? fallback;
    if (isRight(value) && (value as number) >= 0) return value as number;
    throw new DocumentFault(`${this.at(key)}: must be ${expected}`);
  }
}

const MAX_TEXT = 4096;

/** Why a file cannot be imported: says which file, where in it, and what was expected there. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  /** `byte`: in the JSON text, unpacked if the file is packed; undefined: the file as a whole. */
  constructor(file: string, byte: number | undefined, what: string, options?: ErrorOptions) {
    super(byte === undefined ? `${file}: ${what}` : `${file}: byte ${byte}: ${what}`, options);
  }
}

/** What is wrong at a place; it becomes an `ImportError` where the file is known. */
export class TraceFault extends Error {
  readonly byte: number | undefined;

  constructor(byte: number | undefined, what: string, options?: ErrorOptions) {
    super(what, options);
    this.byte = byte;
  }
}

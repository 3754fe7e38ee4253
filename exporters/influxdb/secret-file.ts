import { readFile, stat } from 'node:fs/promises';

/** A secret, or why there is none; the reason names the file, never its content. */
export type Secret =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly reason: string };

const MAX_BYTES = 64 * 1024;

/**
 * A file with one secret, without its surrounding white space. It is read when first asked for and again when
 * the file has changed, so that a rotated secret needs no restart.
 */
export class SecretFile {
  readonly #path: string;
  #stamp = '';
  #secret: Secret = { ok: false, reason: '' };

  constructor(path: string) {
    this.#path = path;
  }

  /** Forgets what was read: a change that keeps time and size of the file is seen only so. */
  forget(): void {
    this.#stamp = '';
  }

  async read(): Promise<Secret> {
    try {
      const { mtimeMs, ino, size } = await stat(this.#path);
      const stamp = `${mtimeMs}:${ino}:${size}`;
      if (stamp !== this.#stamp) {
        this.#secret =
          size > MAX_BYTES ? this.#problem(`is larger than ${MAX_BYTES} bytes`) : await this.#load();
        this.#stamp = stamp;
      }
      return this.#secret;
    } catch (error) {
      this.forget();
      return this.#problem(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  }

  async #load(): Promise<Secret> {
    const value = (await readFile(this.#path, 'utf8')).trim();
    return value === '' ? this.#problem('is empty') : { ok: true, value };
  }

  #problem(what: string): Secret {
    return { ok: false, reason: `the file ${this.#path} ${what}` };
  }
}

import { readFile, stat } from 'node:fs/promises';
import { forwardHeaderProblem } from '../../../core/forward-header.ts';
import type { ForwardHeaders } from './export-sender.ts';

/** The headers, or why they are not known; the reason names the file, never what is in it. */
export type HeadersResult =
  | { readonly ok: true; readonly headers: ForwardHeaders }
  | { readonly ok: false; readonly reason: string };

const MAX_FILE_BYTES = 64 * 1024;
const MIN_MASKED = 6;

/** Headers of the config and of a file, which is read when they are first asked for and again when it has changed. */
export class ExtraHeaders {
  readonly #fixed: ForwardHeaders;
  readonly #path: string | undefined;
  #stamp = '';
  #result: HeadersResult;

  constructor(headers: ForwardHeaders, path: string | undefined) {
    this.#fixed = lowerCased(Object.entries(headers));
    this.#path = path;
    this.#result = { ok: true, headers: this.#fixed };
  }

  async read(): Promise<HeadersResult> {
    const path = this.#path;
    if (path === undefined) return this.#result;
    try {
      const { mtimeMs, ino, size } = await stat(path);
      const stamp = `${mtimeMs}:${ino}:${size}`;
      if (stamp === this.#stamp) return this.#result;
      this.#result =
        size > MAX_FILE_BYTES
          ? { ok: false, reason: `${path} is larger than ${MAX_FILE_BYTES} bytes` }
          : this.#parse(await readFile(path, 'utf8'), path);
      this.#stamp = stamp;
      return this.#result;
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      this.#stamp = '';
      return { ok: false, reason: `${path} (forward.headers_file) cannot be read: ${code}` };
    }
  }

  /** `text` without the values of the headers, for a far end may repeat what it was sent. */
  withoutSecrets(text: string): string {
    if (text === '') return text;
    const headers = this.#result.ok ? this.#result.headers : this.#fixed;
    return Object.values(headers)
      .flatMap((value) => [value, ...value.split(/[\s,;]+/)])
      .filter((part) => part.length >= MIN_MASKED)
      .reduce((masked, part) => masked.replaceAll(part, '***'), text);
  }

  #parse(text: string, path: string): HeadersResult {
    const headers: [string, string][] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).trim();
      const value = line.slice(colon + 1).trim();
      const problem = forwardHeaderProblem(name, value);
      if (problem === undefined) headers.push([name, value]);
      else return { ok: false, reason: `line ${index + 1} of ${path} (forward.headers_file): ${problem}` };
    }
    return { ok: true, headers: { ...this.#fixed, ...lowerCased(headers) } };
  }
}

function lowerCased(headers: readonly (readonly [string, string])[]): ForwardHeaders {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

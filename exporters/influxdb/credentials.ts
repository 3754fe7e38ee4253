import type { InfluxdbOptions, InfluxdbVersion } from './options.ts';
import { type Secret, SecretFile } from './secret-file.ts';
import { TOKEN_SCHEMES } from './write-request.ts';

/** What an HTTP header can carry. */
const HEADER_TEXT = /^[\x20-\x7e]*$/;

/** Headers that let us in (none where no credentials are given), or why they cannot be made. */
export type Authorization =
  | { readonly ok: true; readonly headers: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly reason: string };

/** The credentials of the config. A token goes before a user name. */
export class Credentials {
  readonly #username: string | undefined;
  readonly #hasToken: boolean;
  readonly #given: string;
  readonly #file: SecretFile | undefined;

  constructor({ username, password, passwordFile, token, tokenFile }: InfluxdbOptions) {
    this.#username = username;
    this.#hasToken = token !== undefined || tokenFile !== undefined;
    this.#given = (this.#hasToken ? token : password) ?? '';
    const path = this.#hasToken ? tokenFile : passwordFile;
    this.#file = path === undefined ? undefined : new SecretFile(path);
  }

  /** For the next request: reads the secret's file if that has changed. */
  async authorize(version: InfluxdbVersion): Promise<Authorization> {
    if (!this.#hasToken && this.#username === undefined) return { ok: true, headers: {} };
    const secret = await this.#readSecret();
    if (!secret.ok) return secret;
    if (!this.#hasToken) return authorizeBy(`Basic ${base64(`${this.#username}:${secret.value}`)}`);
    if (HEADER_TEXT.test(secret.value)) return authorizeBy(`${TOKEN_SCHEMES[version]} ${secret.value}`);
    return { ok: false, reason: 'the token holds characters that no HTTP header can carry' };
  }

  /** Whether the secret's file now holds another secret than the refused one. */
  async hasChanged(version: InfluxdbVersion, refused: Authorization): Promise<boolean> {
    if (this.#file === undefined || !refused.ok) return false;
    this.#file.forget();
    const current = await this.authorize(version);
    return current.ok && current.headers['authorization'] !== refused.headers['authorization'];
  }

  async #readSecret(): Promise<Secret> {
    return this.#file === undefined ? { ok: true, value: this.#given } : this.#file.read();
  }
}

function authorizeBy(authorization: string): Authorization {
  return { ok: true, headers: { authorization } };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';

const REREAD_AFTER_MS = 1000;
const MAX_FILE_BYTES = 64 * 1024;
const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Bearer tokens, one a line; empty lines and lines that begin with `#` are ignored. The file is read again at
 * most once a second, when a request asks, so that a token added or withdrawn counts a second later. If it
 * cannot be read then, the tokens last read stay in force.
 */
export class TokenFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #digests: readonly Buffer[] = [];
  #readAtMs = 0;
  #failing = false;

  constructor(path: string, clock: Clock, log: Logger) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads the file; throws if that fails or if there is no token in it. To be called at start. */
  load(): void {
    this.#digests = readTokens(this.#path).map(digestOf);
    this.#readAtMs = this.#clock.monotonicMs();
  }

  /** Whether an `Authorization` header carries one of the tokens. Takes the same time for each wrong token. */
  accepts(authorization: string | undefined): boolean {
    this.#refresh();
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) return false;
    const digest = digestOf(token);
    let accepted = false;
    for (const known of this.#digests) accepted = timingSafeEqual(known, digest) || accepted;
    return accepted;
  }

  #refresh(): void {
    if (this.#clock.monotonicMs() - this.#readAtMs < REREAD_AFTER_MS) return;
    this.#readAtMs = this.#clock.monotonicMs();
    try {
      this.load();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ error: String(error) }, 'token file unreadable: old tokens kept');
      this.#failing = true;
    }
  }
}

function readTokens(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  if (text.length > MAX_FILE_BYTES)
    throw new Error(`token file ${path} is larger than ${MAX_FILE_BYTES} bytes`);
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new Error(`token file ${path} holds no token`);
  return tokens;
}

/** Of equal length for all tokens, as a comparison in constant time needs it. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

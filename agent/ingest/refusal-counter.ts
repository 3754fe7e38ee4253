/**
 * Why a call or a request was refused before its spans were looked at: its message is longer than `limits.message_bytes`;
 * too much is being received; too many calls are open; a token is missing; it is of no type that is served; it is packed
 * and could not be unpacked, or only to too much.
 */
export type Refusal =
  | 'too_large'
  | 'overload'
  | 'too_many_calls'
  | 'unauthorized'
  | 'unsupported_type'
  | 'not_unpacked';

/** Counts what was refused unread, since the start. */
export class RefusalCounter {
  readonly #counts = new Map<Refusal, number>();

  count(reason: Refusal): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

import type { ClientClock } from './clock.ts';

const REPORT_EVERY_MS = 60_000;

/**
 * `connection`: the agent cannot be reached or does not answer; the client goes on trying. `refused`: the agent
 * took spans for invalid. `full`: spans were dropped because the buffer was full. `invalid`: arguments that the
 * client itself refused.
 */
export type ClientErrorKind = 'connection' | 'refused' | 'full' | 'invalid';

export interface ClientError {
  readonly kind: ClientErrorKind;
  /** One sentence. */
  readonly message: string;
  /** Unix ms. */
  readonly atMs: number;
}

/** Keeps the last error, and tells the user's callback of one error a minute and kind. */
export class ErrorReporter {
  readonly #clock: ClientClock;
  readonly #onError: ((error: ClientError) => void) | undefined;
  readonly #reportedMs = new Map<ClientErrorKind, number>();
  last: ClientError | undefined;

  constructor(clock: ClientClock, onError: ((error: ClientError) => void) | undefined) {
    this.#clock = clock;
    this.#onError = onError;
  }

  report(kind: ClientErrorKind, message: string): void {
    this.last = { kind, message, atMs: this.#clock.wallMs() };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - (this.#reportedMs.get(kind) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    this.#reportedMs.set(kind, nowMs);
    try {
      this.#onError?.(this.last);
    } catch {
      // The callback's own trouble must not reach the request that is being measured.
    }
  }
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

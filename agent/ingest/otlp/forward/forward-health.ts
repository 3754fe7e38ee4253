import type { Clock } from '../../../core/clock.ts';
import type { Degradation } from '../../../core/health.ts';
import type { Logger } from '../../../core/logger.ts';

/** An endpoint that restarts is no trouble. */
const PATIENCE_MS = 30_000;
/** How long it is said that exports were dropped. */
const DROP_SHOWN_MS = 60_000;
/** Reasons that are logged: the far end words them, so they are bounded. */
const MAX_LOGGED = 20;

interface Since {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Whether exports get through, as a user sees it. */
export class ForwardHealth {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #logged = new Set<string>();
  #failing: Since | undefined;
  #lastFailureMs = 0;
  #dropping: Since | undefined;
  #lastDropMs = 0;
  #reason: string | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Why the last export did not get through, or not all of it; undefined: it did. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** `reason`: what the far end did not take of it; empty: it took all. */
  succeeded(reason: string): void {
    this.#failing = undefined;
    this.#reason = reason === '' ? undefined : reason;
  }

  failed(reason: string): void {
    this.#lastFailureMs = this.#clock.monotonicMs();
    this.#failing ??= this.#now();
    this.#reason = reason;
    this.warn(reason);
  }

  /** Exports were dropped to make room. */
  overflowed(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#dropping === undefined || nowMs - this.#lastDropMs > DROP_SHOWN_MS)
      this.#dropping = this.#now();
    this.#lastDropMs = nowMs;
  }

  /** Says it in the log, once. */
  warn(reason: string): void {
    if (this.#logged.has(reason) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(reason);
    this.#log.warn({ reason }, 'an OTLP export is not passed on');
  }

  degradations(isWaiting: boolean): readonly Degradation[] {
    const nowMs = this.#clock.monotonicMs();
    const failing = this.#failing;
    if (failing !== undefined) {
      const untilMs = isWaiting ? nowMs : this.#lastFailureMs;
      if (untilMs - failing.monotonicMs > PATIENCE_MS) {
        return degradation(`OTLP exports are not passed on: ${this.#reason}`, failing);
      }
    }
    if (this.#dropping === undefined || nowMs - this.#lastDropMs > DROP_SHOWN_MS) return [];
    const advice =
      'OTLP exports are dropped because the endpoint takes them too slowly (forward.max_bytes is full)';
    return degradation(advice, this.#dropping);
  }

  #now(): Since {
    return { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs() };
  }
}

function degradation(reason: string, { wallMs }: Since): readonly Degradation[] {
  return [{ component: 'forward', reason, sinceMs: wallMs }];
}

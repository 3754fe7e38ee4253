import { type Metadata, status } from '@grpc/grpc-js';
import type { Clock } from '../core/clock.ts';
import type { TokenFile } from '../listen/token-file.ts';
import type { RefusalCounter } from './refusal-counter.ts';

/** Streams that may stand still because nobody takes their acks: a window of HTTP/2 full of messages waits in each. */
const MAX_HELD = 16;

/** A call that is being served. */
export interface OpenCall {
  /** Its place among the open ones, given by `OpenCalls`. */
  slot: number;
  readonly limitMs: number;
  /** Monotonic ms of the last sign of life. */
  activeMs: number;
  /** Ends it with this status. */
  end(code: status, details: string): void;
}

/**
 * The calls of one agent: how many are open is bounded, and none stays open in silence.
 *
 * Hot for small messages. Slots rather than a Set: a Set that calls come into and leave all the time keeps them, and the
 * streams behind them, from the young generation's collector, a sixth of what a unary call cost (`npm run bench`, ingest).
 */
export class OpenCalls {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #refusals: RefusalCounter;
  readonly #slots: (OpenCall | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #held = 0;

  constructor(clock: Clock, max: number, refusals: RefusalCounter) {
    this.#clock = clock;
    this.#max = max;
    this.#refusals = refusals;
  }

  get nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Takes the call, or ends it for want of a token or of room; where there are `tokens` it needs one of them. */
  admit(call: OpenCall, metadata: Metadata, tokens: TokenFile | undefined): boolean {
    if (tokens !== undefined && !tokens.accepts(authorizationOf(metadata))) {
      this.#refusals.count('unauthorized');
      call.end(status.UNAUTHENTICATED, 'a bearer token is needed in the metadata "authorization"');
      return false;
    }
    const slot = this.#freeSlots.pop() ?? this.#slots.length;
    if (slot >= this.#max) {
      this.#refusals.count('too_many_calls');
      call.end(status.RESOURCE_EXHAUSTED, `${this.#max} calls are open already (limits.streams)`);
      return false;
    }
    this.#slots[slot] = call;
    call.slot = slot;
    return true;
  }

  /** Does nothing if it is not among the open ones. */
  remove(call: OpenCall): void {
    if (this.#slots[call.slot] !== call) return;
    this.#slots[call.slot] = undefined;
    this.#freeSlots.push(call.slot);
  }

  /** Whether one more stream may stand still, until `resume`. */
  hold(): boolean {
    if (this.#held === MAX_HELD) return false;
    this.#held++;
    return true;
  }

  resume(): void {
    this.#held--;
  }

  /** Ends calls that took too long or were silent too long. */
  endStale(): void {
    const { nowMs } = this;
    for (const call of this.#slots) {
      if (call === undefined || nowMs - call.activeMs <= call.limitMs) continue;
      call.end(status.DEADLINE_EXCEEDED, `nothing came for ${call.limitMs / 1000} s`);
    }
  }

  /** Ends all calls; what was not acknowledged is to be sent again. */
  endAll(): void {
    for (const call of this.#slots) call?.end(status.UNAVAILABLE, 'the agent is stopping');
  }
}

function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return typeof value === 'string' ? value : undefined;
}

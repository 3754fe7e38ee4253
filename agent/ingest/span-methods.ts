import {
  type Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { Clock } from '../core/clock.ts';
import type { TokenFile } from '../listen/token-file.ts';
import type { BatchAck, SpanIntake } from './span-intake.ts';

/** A call that is being served; ends it with a gRPC status. */
interface OpenCall {
  readonly end: (code: status, details: string) => void;
  readonly limitMs: number;
  /** Monotonic ms of the last sign of life. */
  activeMs: number;
}

/** A client on a working network needs a fraction of it for the largest message. */
const REPORT_LIMIT_MS = 30_000;
/** Longer than any client's flush interval; a stream costs nothing but its place among those allowed. */
const STREAM_IDLE_LIMIT_MS = 600_000;

/** The methods of `SpanService`, of one agent: what is open is bounded, and nothing stays open in silence. */
export class SpanMethods {
  readonly #intake: SpanIntake;
  readonly #clock: Clock;
  readonly #maxCalls: number;
  readonly #calls = new Set<OpenCall>();

  constructor(intake: SpanIntake, clock: Clock, maxCalls: number) {
    this.#intake = intake;
    this.#clock = clock;
    this.#maxCalls = maxCalls;
  }

  /** Handlers by method name; with `tokens`, a call needs one of them. */
  handlers(tokens: TokenFile | undefined) {
    return {
      Report: (call: ServerReadableStream<Uint8Array, BatchAck>, callback: sendUnaryData<BatchAck>): void =>
        this.#report(call, callback, tokens),
      Stream: (call: ServerDuplexStream<Uint8Array, BatchAck>): void => this.#stream(call, tokens),
    };
  }

  /** Ends calls that took too long or were silent too long. */
  endStale(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const call of this.#calls) {
      if (nowMs - call.activeMs <= call.limitMs) continue;
      call.end(status.DEADLINE_EXCEEDED, `nothing came for ${call.limitMs / 1000} s`);
    }
  }

  /** Ends all calls; what was not acknowledged is to be sent again. */
  endAll(): void {
    for (const call of this.#calls) call.end(status.UNAVAILABLE, 'the agent is stopping');
  }

  #report(
    call: ServerReadableStream<Uint8Array, BatchAck>,
    callback: sendUnaryData<BatchAck>,
    tokens: TokenFile | undefined,
  ): void {
    const end = (code: status, details: string): void => {
      this.#calls.delete(open);
      callback({ code, details });
    };
    const open = { end, limitMs: REPORT_LIMIT_MS, activeMs: this.#clock.monotonicMs() };
    if (!this.#admit(open, call.metadata, tokens)) return;
    let message: Uint8Array | undefined;
    call.on('data', (bytes: Uint8Array) => {
      message = bytes;
    });
    call.on('cancelled', () => this.#calls.delete(open));
    call.on('end', () => {
      if (!this.#calls.delete(open)) return;
      const receipt = message === undefined ? NO_MESSAGE : this.#intake.receive(message, 'report');
      if (receipt.kind === 'ack') callback(null, receipt);
      else callback({ code: status.INVALID_ARGUMENT, details: receipt.reason });
    });
  }

  #stream(call: ServerDuplexStream<Uint8Array, BatchAck>, tokens: TokenFile | undefined): void {
    const end = (code: status, details: string): void => {
      this.#calls.delete(open);
      call.removeAllListeners('data');
      call.emit('error', { code, details });
    };
    const open = { end, limitMs: STREAM_IDLE_LIMIT_MS, activeMs: this.#clock.monotonicMs() };
    if (!this.#admit(open, call.metadata, tokens)) return;
    call.on('data', (bytes: Uint8Array) => {
      open.activeMs = this.#clock.monotonicMs();
      const receipt = this.#intake.receive(bytes, 'stream');
      if (receipt.kind === 'malformed') end(status.INVALID_ARGUMENT, receipt.reason);
      else if (!call.write(receipt)) pauseUntilDrained(call);
    });
    call.on('cancelled', () => this.#calls.delete(open));
    call.on('end', () => {
      this.#calls.delete(open);
      call.end();
    });
  }

  #admit(call: OpenCall, metadata: Metadata, tokens: TokenFile | undefined): boolean {
    if (tokens !== undefined && !tokens.accepts(authorizationOf(metadata))) {
      call.end(status.UNAUTHENTICATED, 'a bearer token is needed in the metadata "authorization"');
      return false;
    }
    if (this.#calls.size >= this.#maxCalls) {
      call.end(status.RESOURCE_EXHAUSTED, `${this.#maxCalls} calls are open already (limits.streams)`);
      return false;
    }
    this.#calls.add(call);
    return true;
  }
}

const NO_MESSAGE = { kind: 'malformed', reason: 'a call without a message' } as const;

function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return typeof value === 'string' ? value : undefined;
}

/** A client that does not read its acks gets no more of its batches read. */
function pauseUntilDrained(call: ServerDuplexStream<Uint8Array, BatchAck>): void {
  call.pause();
  call.once('drain', () => call.resume());
}

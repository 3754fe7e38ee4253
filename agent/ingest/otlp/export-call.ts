import { status } from '@grpc/grpc-js';
import type { DirectCall } from '../direct-calls.ts';
import type { CallContext } from '../span-call.ts';
import { UnaryCall } from '../unary-call.ts';
import { encodeExportResponse } from './export-response.ts';
import type { OtlpIntake } from './otlp-intake.ts';

const NO_BYTES = Buffer.alloc(0);

/** A call of `TraceService/Export`. */
export class TraceExportCall extends UnaryCall {
  readonly #intake: OtlpIntake;

  constructor(call: DirectCall, context: CallContext, intake: OtlpIntake) {
    super(call, context);
    this.#intake = intake;
  }

  protected answer(message: Uint8Array): void {
    const receipt = this.#intake.receive(message, 'otlp_grpc');
    if (receipt.kind === 'malformed') this.end(status.INVALID_ARGUMENT, receipt.reason);
    else this.reply(encodeExportResponse(receipt));
  }
}

/** A call of `MetricsService/Export` or `LogsService/Export`: taken, counted and discarded. */
export class DiscardedExportCall extends UnaryCall {
  readonly #intake: OtlpIntake;

  constructor(call: DirectCall, context: CallContext, intake: OtlpIntake) {
    super(call, context);
    this.#intake = intake;
  }

  protected answer(): void {
    this.#intake.discard('otlp_grpc');
    this.reply(NO_BYTES);
  }
}

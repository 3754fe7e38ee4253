import { status } from '@grpc/grpc-js';
import type { DirectCall } from './direct-calls.ts';
import type { CallContext } from './span-call.ts';
import type { SpanIntake } from './span-intake.ts';
import { UnaryCall } from './unary-call.ts';

/** A call of `Report`: one batch, one ack. */
export class ReportCall extends UnaryCall {
  readonly #intake: SpanIntake;

  constructor(call: DirectCall, context: CallContext, intake: SpanIntake) {
    super(call, context);
    this.#intake = intake;
  }

  protected answer(message: Uint8Array): void {
    const receipt = this.#intake.receive(message, 'report');
    if (receipt.kind === 'malformed') this.end(status.INVALID_ARGUMENT, receipt.reason);
    else this.reply(receipt);
  }
}

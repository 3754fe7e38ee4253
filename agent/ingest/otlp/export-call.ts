import { type Metadata, status } from '@grpc/grpc-js';
import type { DirectCall } from '../direct-calls.ts';
import type { CallContext } from '../span-call.ts';
import { UnaryCall } from '../unary-call.ts';
import { encodeExportResponse } from './export-response.ts';
import { FORWARDED_HEADER } from './forward/forward-trail.ts';
import type { ExportTap, OtlpSignal } from './forward/otlp-export.ts';
import type { OtlpIntake } from './otlp-intake.ts';

const NO_BYTES = Buffer.alloc(0);

/** Who takes what calls bring. */
export interface ExportTakers {
  readonly intake: OtlpIntake;
  /** Absent: exports end here. */
  readonly tap: ExportTap | undefined;
}

/** A call of an `Export`, of which what was accepted goes on to the tap. */
abstract class ExportCall extends UnaryCall {
  readonly #takers: ExportTakers;
  readonly #signal: OtlpSignal;
  #trail = '';

  constructor(call: DirectCall, context: CallContext, takers: ExportTakers, signal: OtlpSignal) {
    super(call, context);
    this.#takers = takers;
    this.#signal = signal;
  }

  protected get intake(): OtlpIntake {
    return this.#takers.intake;
  }

  override onReceiveMetadata(metadata: Metadata): void {
    if (this.#takers.tap !== undefined) this.#trail = metadata.get(FORWARDED_HEADER).join(',');
    super.onReceiveMetadata(metadata);
  }

  protected accept(message: Uint8Array, response: Buffer): void {
    const { tap } = this.#takers;
    tap?.offer({ signal: this.#signal, format: 'protobuf', bytes: message, trail: this.#trail });
    this.reply(response);
  }
}

/** A call of `TraceService/Export`. */
export class TraceExportCall extends ExportCall {
  protected answer(message: Uint8Array): void {
    const receipt = this.intake.receive(message, 'otlp_grpc');
    if (receipt.kind === 'malformed') this.end(status.INVALID_ARGUMENT, receipt.reason);
    else this.accept(message, encodeExportResponse(receipt));
  }
}

/** A call of `MetricsService/Export` or `LogsService/Export`: taken, counted, and not looked at. */
export class DiscardedExportCall extends ExportCall {
  protected answer(message: Uint8Array): void {
    this.intake.discard('otlp_grpc');
    this.accept(message, NO_BYTES);
  }
}

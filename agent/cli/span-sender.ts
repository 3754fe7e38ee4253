import { callGrpc, type GrpcAccess } from './grpc-call.ts';

/** The part of the wire contract's Span that a test span has. */
export interface TestSpan {
  readonly model: string;
  readonly variant: string;
  /** Unix milliseconds. */
  readonly endMs: number;
  readonly durationMs: number;
}

/** What the agent answered, or why it did not. */
export type SendOutcome =
  | { readonly kind: 'accepted' }
  /** `reason` as in the wire contract. */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

export interface SpanSenderOptions extends GrpcAccess {
  readonly protoPath: string;
  /** Unix milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

interface Ack {
  readonly rejections: readonly { readonly reason: string }[];
}

/** Sends one span through `SpanService/Report`. */
export async function sendSpan(span: TestSpan, options: SpanSenderOptions): Promise<SendOutcome> {
  const { protoPath, deadlineMs, signal } = options;
  const message = { spans: [asMessage(span)] };
  const call = {
    protoPath,
    service: 'infermeter.v1.SpanService',
    method: 'Report',
    message,
    deadlineMs,
    signal,
  };
  const sent = await callGrpc<Ack>(options, call);
  if (sent.kind === 'failed') return sent;
  const reason = sent.answer.rejections[0]?.reason;
  return reason === undefined ? { kind: 'accepted' } : { kind: 'rejected', reason };
}

function asMessage({ model, variant, endMs, durationMs }: TestSpan): object {
  const startNs = BigInt(Math.round((endMs - durationMs) * 1000)) * 1000n;
  return {
    model,
    variant,
    startUnixNano: startNs.toString(),
    durationNano: durationMs * 1e6,
    status: 'STATUS_OK',
    phases: [{ name: 'inference', durationNano: durationMs * 1e6 }],
  };
}

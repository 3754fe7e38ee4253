import { createSecureContext } from 'node:tls';
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type ExportSender,
  type ForwardHeaders,
  type ForwardOutcome,
  NO_ANSWER,
  shortened,
} from './export-sender.ts';
import type { OtlpExport, OtlpSignal } from './otlp-export.ts';
import { decodePartialSuccess } from './partial-success.ts';
import { decodeRetryInfo } from './retry-time.ts';

const COLLECTOR = '/opentelemetry.proto.collector';
const METHODS: Readonly<Record<OtlpSignal, string>> = {
  traces: `${COLLECTOR}.trace.v1.TraceService/Export`,
  metrics: `${COLLECTOR}.metrics.v1.MetricsService/Export`,
  logs: `${COLLECTOR}.logs.v1.LogsService/Export`,
};
/** Those that OTLP/gRPC lets a client repeat (OTLP 1, "Failures"); RESOURCE_EXHAUSTED only with a RetryInfo. */
const RETRYABLE: readonly status[] = [
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];
/** The forwarder tries again by itself; the proxy of the environment is meant for models, not for a collector. */
const CHANNEL_OPTIONS = {
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 500,
  'grpc.max_reconnect_backoff_ms': 10_000,
  'grpc.primary_user_agent': 'infermeter',
};

/** Calls `Export` of OTLP's services with messages as they are. */
export class GrpcSender implements ExportSender {
  readonly #target: string;
  readonly #credentials: () => ChannelCredentials;
  #client: Client | undefined;

  /** `endpoint`: http:// or https://, without a path. */
  constructor(endpoint: string) {
    const { protocol, hostname, port } = new URL(endpoint);
    const isEncrypted = protocol === 'https:';
    this.#target = `${hostname}:${port || (isEncrypted ? 443 : 80)}`;
    // Of Node, so that one way of adding authorities holds for both protocols.
    this.#credentials = isEncrypted
      ? () => credentials.createFromSecureContext(createSecureContext())
      : () => credentials.createInsecure();
  }

  send(sent: OtlpExport, headers: ForwardHeaders, signal: AbortSignal): Promise<ForwardOutcome> {
    this.#client ??= new Client(this.#target, this.#credentials(), CHANNEL_OPTIONS);
    const client = this.#client;
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise((resolve) => {
      const finish = (error: ServiceError | null, answer?: Buffer): void => {
        signal.removeEventListener('abort', cancel);
        resolve(error === null ? accepted(answer) : judge(error, signal));
      };
      const method = METHODS[sent.signal];
      const call = client.makeUnaryRequest(method, asBuffer, asBuffer, sent.bytes, metadata, finish);
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
    });
  }

  close(): void {
    this.#client?.close();
  }
}

function accepted(answer: Buffer = Buffer.alloc(0)): ForwardOutcome {
  const { rejectedItems, reason } = decodePartialSuccess(answer);
  return { kind: 'accepted', rejectedItems, reason: shortened(reason) };
}

function judge({ code, details, metadata }: ServiceError, signal: AbortSignal): ForwardOutcome {
  if (signal.aborted) return { kind: 'retry', reason: NO_ANSWER };
  const reason = shortened(`${status[code]} ${details}`);
  const [trailer] = metadata.get('grpc-status-details-bin');
  const afterMs = typeof trailer === 'object' ? decodeRetryInfo(trailer) : undefined;
  if (RETRYABLE.includes(code)) return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
  if (code === status.RESOURCE_EXHAUSTED && afterMs !== undefined) return { kind: 'retry', reason, afterMs };
  return { kind: 'refused', reason };
}

/** The same memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import {
  type ChannelCredentials,
  Client,
  status as Code,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

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

export interface SpanSenderOptions {
  /** As grpc-js takes it: `127.0.0.1:4317`, `unix:/run/infermeter.sock`. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  /** Instead of the host of `target`, in the server's certificate. */
  readonly serverName?: string;
  readonly token?: string;
  readonly protoPath: string;
  /** Unix milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

interface Ack {
  readonly accepted: number;
  readonly rejections: readonly { readonly reason: string }[];
}

type ReportMethod = MethodDefinition<object, Ack>;

/** Sends one span through `SpanService/Report`, as any client of another language would. */
export async function sendSpan(span: TestSpan, options: SpanSenderOptions): Promise<SendOutcome> {
  const { target, credentials, serverName, token } = options;
  const client = new Client(target, credentials, {
    'grpc.enable_http_proxy': 0,
    ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  try {
    const { rejections } = await report(client, span, metadata, options);
    const reason = rejections[0]?.reason;
    return reason === undefined ? { kind: 'accepted' } : { kind: 'rejected', reason };
  } catch (error) {
    const { code, details, message } = error as ServiceError;
    if (code === undefined) throw error;
    return { kind: 'failed', code: Code[code], detail: details || message };
  } finally {
    client.close();
  }
}

function report(
  client: Client,
  span: TestSpan,
  metadata: Metadata,
  { protoPath, deadlineMs, signal }: SpanSenderOptions,
): Promise<Ack> {
  const { path, requestSerialize, responseDeserialize } = loadReport(protoPath);
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { spans: [asMessage(span)] },
      metadata,
      { deadline: deadlineMs },
      (error, ack) => (ack === undefined ? reject(error) : resolve(ack)),
    );
    signal.addEventListener('abort', () => call.cancel(), { once: true });
  });
}

function loadReport(protoPath: string): ReportMethod {
  const definition = loadSync(protoPath, { longs: Number, enums: String, defaults: true });
  const service = definition['infermeter.v1.SpanService'] as unknown as Readonly<
    Record<string, ReportMethod>
  >;
  return service['Report'];
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

import { dirname } from 'node:path';
import {
  type ChannelCredentials,
  Client,
  status as Code,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** How to reach the gRPC listener of an agent. */
export interface GrpcAccess {
  /** As grpc-js takes it: `127.0.0.1:4317`, `unix:/run/infermeter.sock`. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  /** Instead of the host of `target`, in the server's certificate. */
  readonly serverName?: string;
  readonly token?: string;
}

export interface GrpcCall {
  /** The contract's file, `proto/infermeter/v1/….proto`. */
  readonly protoPath: string;
  readonly service: string;
  readonly method: string;
  /** In the contract's terms, camel case. */
  readonly message: object;
  /** Unix milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** The agent's answer, or why there is none. */
export type GrpcAnswer<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** One unary call, as any client of another language would make it. */
export async function callGrpc<T>(access: GrpcAccess, call: GrpcCall): Promise<GrpcAnswer<T>> {
  const { target, credentials, serverName, token } = access;
  const client = new Client(target, credentials, {
    'grpc.enable_http_proxy': 0,
    ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  try {
    return { kind: 'answered', answer: await callOnce<T>(client, metadata, call) };
  } catch (error) {
    const { code, details, message } = error as ServiceError;
    if (code === undefined) throw error;
    return { kind: 'failed', code: Code[code], detail: details || message };
  } finally {
    client.close();
  }
}

function callOnce<T>(client: Client, metadata: Metadata, call: GrpcCall): Promise<T> {
  const { path, requestSerialize, responseDeserialize } = loadMethod<T>(call);
  const { message, deadlineMs, signal } = call;
  return new Promise((resolve, reject) => {
    const made = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      { deadline: deadlineMs },
      (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
    );
    signal.addEventListener('abort', () => made.cancel(), { once: true });
  });
}

function loadMethod<T>({ protoPath, service, method }: GrpcCall): MethodDefinition<object, T> {
  const includeDirs = [dirname(dirname(dirname(protoPath)))];
  const definition = loadSync(protoPath, { longs: Number, enums: String, defaults: true, includeDirs });
  return (definition[service] as unknown as Readonly<Record<string, MethodDefinition<object, T>>>)[method];
}

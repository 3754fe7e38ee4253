import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';

/** An export as the far end got it. */
interface ReceivedExport {
  /** Of the URL, or of the method. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

/** What a far end answers: one entry a request, the last one again and again. */
export type HttpReply = 'hang' | { status: number; headers?: Record<string, string>; body?: string | Buffer };
export type GrpcReply = 'hang' | Buffer | { code: number; details: string; statusDetails?: Buffer };

export interface Receiver {
  readonly received: readonly ReceivedExport[];
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A far end that speaks OTLP/HTTP; `port` 0: any free one. */
export async function startHttpReceiver(
  replies: readonly HttpReply[] = [{ status: 200 }],
  port = 0,
): Promise<Receiver> {
  const received: ReceivedExport[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = await request.toArray();
    const reply = replies[Math.min(received.length, replies.length - 1)];
    received.push({
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      bytes: Buffer.concat(chunks),
    });
    if (reply === 'hang' || reply === undefined) return;
    response.writeHead(reply.status, { 'content-type': 'application/x-protobuf', ...reply.headers });
    response.end(reply.body);
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    received,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const METHODS = ['trace.v1.Trace', 'metrics.v1.Metrics', 'logs.v1.Logs'].map(
  (name) => `/opentelemetry.proto.collector.${name}Service/Export`,
);

/** A far end that speaks OTLP/gRPC; `port` 0: any free one. */
export async function startGrpcReceiver(
  replies: readonly GrpcReply[] = [Buffer.alloc(0)],
  port = 0,
): Promise<Receiver> {
  const received: ReceivedExport[] = [];
  const server = new Server();
  for (const path of METHODS) {
    server.addService(rawService(path), {
      Export: (call: { request: Buffer; metadata: Metadata }, done: sendUnaryData<Buffer>) => {
        const reply = replies[Math.min(received.length, replies.length - 1)];
        const headers = call.metadata.getMap() as Record<string, string>;
        received.push({ path, headers, bytes: call.request });
        answer(reply, done);
      },
    });
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  return {
    received,
    endpoint: `http://127.0.0.1:${bound}`,
    stop: async () => server.forceShutdown(),
  };
}

function answer(reply: GrpcReply | undefined, done: sendUnaryData<Buffer>): void {
  if (reply === 'hang' || reply === undefined) return;
  if (Buffer.isBuffer(reply)) {
    done(null, reply);
    return;
  }
  const metadata = new Metadata();
  if (reply.statusDetails) metadata.set('grpc-status-details-bin', reply.statusDetails);
  done({ code: reply.code, details: reply.details, metadata });
}

function rawService(path: string): ServiceDefinition {
  const same = (bytes: Buffer): Buffer => bytes;
  const codec = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  return { Export: { path, requestStream: false, responseStream: false, ...codec } };
}

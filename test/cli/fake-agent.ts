import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ROOT } from '../source-files.ts';

const PROTO = join(ROOT, 'proto/infermeter/v1/span_service.proto');

type Batch = { readonly spans: readonly Record<string, unknown>[] };
type Report = (call: ServerUnaryCall<Batch, object>, callback: sendUnaryData<object>) => void;

/** A gRPC server with the agent's service and an HTTP server with its status, whose answers the test gives. */
export class FakeAgent {
  readonly #grpc = new Server();
  readonly #http: HttpServer;
  /** What was reported, decoded. */
  readonly batches: Batch[] = [];
  /** `authorization` of each call of either server. */
  readonly tokens: unknown[] = [];
  grpcAddress = '';
  httpUrl = '';

  constructor(report: Report, status: { readonly code: number; readonly body: string }) {
    const service = loadSync(PROTO, { longs: String, enums: String, defaults: true })[
      'infermeter.v1.SpanService'
    ];
    this.#grpc.addService(service as unknown as ServiceDefinition, {
      Report: (call: ServerUnaryCall<Batch, object>, callback: sendUnaryData<object>) => {
        this.batches.push(call.request);
        this.tokens.push(call.metadata.get('authorization')[0]);
        report(call, callback);
      },
      Stream: () => undefined,
    });
    this.#http = createServer((request, response) => {
      this.tokens.push(request.headers.authorization);
      response.writeHead(request.url === '/api/v1/status' ? status.code : 404).end(status.body);
    });
  }

  async start(credentials = ServerCredentials.createInsecure()): Promise<void> {
    const port = await new Promise<number>((resolve, reject) =>
      this.#grpc.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    this.grpcAddress = `127.0.0.1:${port}`;
    this.httpUrl = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#grpc.forceShutdown();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

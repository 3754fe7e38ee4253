import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ROOT } from '../source-files.ts';

interface WireSpan {
  readonly model: string;
  readonly startUnixNano: string;
  readonly durationNano: string;
  readonly [field: string]: unknown;
}

interface WireBatch {
  readonly producerId: Uint8Array;
  readonly sequence: string;
  readonly dropped: string;
  readonly spans: readonly WireSpan[];
}

/** Answers `Report` on a real grpc-js server, with messages decoded by proto-loader: a second opinion on the bytes. */
export class ReportServer {
  readonly #server = new Server();
  /** In the order of arrival, those that were refused too. */
  readonly batches: WireBatch[] = [];
  /** So many answers say UNAVAILABLE, as if they had got lost. */
  answersToLose = 0;
  /** Refuses every span with this reason. */
  rejectAs: string | undefined;
  address = '';

  async start(): Promise<void> {
    const definition = loadSync(join(ROOT, 'proto/infermeter/v1/span_service.proto'), {
      longs: String,
      enums: String,
    });
    this.#server.addService(definition['infermeter.v1.SpanService'] as ServiceDefinition, {
      Report: (call: ServerUnaryCall<WireBatch, object>, answer: sendUnaryData<object>) => {
        this.#answer(call.request, answer);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    this.address = `127.0.0.1:${port}`;
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #answer(batch: WireBatch, answer: sendUnaryData<object>): void {
    this.batches.push(batch);
    if (this.answersToLose > 0) {
      this.answersToLose--;
      answer({ code: status.UNAVAILABLE, details: 'lost' });
      return;
    }
    const { sequence, spans } = batch;
    if (this.rejectAs === undefined) {
      answer(null, { sequence, accepted: spans.length });
      return;
    }
    const rejections = spans.map((_, index) => ({ index, reason: this.rejectAs }));
    answer(null, { sequence, rejected: spans.length, rejections });
  }
}

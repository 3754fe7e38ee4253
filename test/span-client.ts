import { join } from 'node:path';
import {
  type ChannelCredentials,
  type Client,
  credentials,
  loadPackageDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ROOT } from './source-files.ts';

/** A row of the wire contract, as proto-loader takes it. */
export interface SpanRow {
  readonly model?: string;
  readonly variant?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly startUnixNano: string;
  readonly durationNano: string;
  readonly status?: 'STATUS_UNSPECIFIED' | 'STATUS_OK' | 'STATUS_ERROR';
  readonly phases?: readonly { readonly name: string; readonly durationNano: string }[];
  readonly weight?: number;
  readonly batchSize?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly timeToFirstTokenNano?: string;
}

/** The same as columns; an index into `strings` is one more than its position. */
interface ColumnsMessage {
  readonly strings: readonly string[];
  readonly series: readonly { readonly model: number; readonly variant: number }[];
  readonly seriesStatus: readonly number[];
  readonly endUnixNano: readonly string[];
  readonly durationNano: readonly number[];
  readonly phases: readonly { readonly name: number; readonly durationNano: readonly number[] }[];
}

export interface BatchMessage {
  readonly producerId?: Uint8Array;
  readonly sequence?: number;
  readonly series?: Pick<SpanRow, 'model' | 'variant' | 'version' | 'operation' | 'labels'>;
  readonly spans?: readonly SpanRow[];
  readonly columns?: ColumnsMessage;
  readonly dropped?: number;
}

export interface Ack {
  readonly sequence: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicate: boolean;
  readonly rejections: readonly { readonly index: number; readonly reason: string }[];
}

interface ReportClient extends Client {
  report(message: BatchMessage, done: (error: ServiceError | null, ack: Ack) => void): void;
}

/** A plain gRPC client of the service, as proto-loader makes it: what a user without our clients would write. */
export class SpanClient {
  readonly #client: ReportClient;

  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure()) {
    const definition = loadSync('infermeter/v1/span_service.proto', {
      includeDirs: [join(ROOT, 'proto')],
      longs: String,
      enums: String,
      defaults: true,
    });
    const loaded = loadPackageDefinition(definition) as unknown as {
      infermeter: { v1: { SpanService: new (address: string, channel: ChannelCredentials) => ReportClient } };
    };
    this.#client = new loaded.infermeter.v1.SpanService(address, channel);
  }

  report(message: BatchMessage): Promise<Ack> {
    return new Promise((resolve, reject) => {
      this.#client.report(message, (error, ack) => (error === null ? resolve(ack) : reject(error)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

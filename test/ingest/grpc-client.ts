import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { decodeAck, type MessageFields } from './span-batch-codec.ts';

const REPORT = '/infermeter.v1.SpanService/Report';
const STREAM = '/infermeter.v1.SpanService/Stream';

export interface SpanClientOptions {
  readonly credentials?: ChannelCredentials;
  readonly token?: string;
  readonly channel?: ClientOptions;
}

/** A client of `SpanService` that sends bytes as they are given. */
export class SpanClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(address: string, options: SpanClientOptions = {}) {
    this.#client = new Client(address, options.credentials ?? credentials.createInsecure(), options.channel);
    if (options.token !== undefined) this.#metadata.set('authorization', `Bearer ${options.token}`);
  }

  report(bytes: Uint8Array): Promise<MessageFields> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, ack?: MessageFields): void => {
        if (ack === undefined) reject(error);
        else resolve(ack);
      };
      this.#client.makeUnaryRequest(REPORT, Buffer.from, decodeAck, bytes, this.#metadata, done);
    });
  }

  stream(): ClientDuplexStream<Uint8Array, MessageFields> {
    return this.#client.makeBidiStreamRequest(
      STREAM,
      (b: Uint8Array) => Buffer.from(b),
      decodeAck,
      this.#metadata,
    );
  }

  close(): void {
    this.#client.close();
  }
}

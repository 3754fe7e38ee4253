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

  stream(): SpanStream {
    const encode = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    return new SpanStream(this.#client.makeBidiStreamRequest(STREAM, encode, decodeAck, this.#metadata));
  }

  close(): void {
    this.#client.close();
  }
}

/** An open stream; each batch is answered with one ack, in order. */
export class SpanStream {
  readonly #call: ClientDuplexStream<Uint8Array, MessageFields>;
  readonly #acks: AsyncIterator<MessageFields>;

  constructor(call: ClientDuplexStream<Uint8Array, MessageFields>) {
    this.#call = call;
    this.#acks = call[Symbol.asyncIterator]() as AsyncIterator<MessageFields>;
  }

  /** Sends without waiting. */
  write(bytes: Uint8Array): void {
    this.#call.write(bytes);
  }

  /** The next ack; undefined at the regular end, rejects with the status otherwise. */
  async ack(): Promise<MessageFields | undefined> {
    const { value, done } = await this.#acks.next();
    return done === true ? undefined : value;
  }

  end(): void {
    this.#call.end();
  }
}

import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ClientClock } from './clock.ts';
import { findProtoFile } from './proto-file.ts';
import type { BatchAck, SpanStream, StreamFailure, StreamHandlers, Transport } from './transport.ts';

/** A sidecar ends a stream at once; one that does not is left. */
const END_TIMEOUT_MS = 1000;

const CHANNEL_OPTIONS: ChannelOptions = {
  // The client itself reconnects and sends again, with its own backoff, on a new channel.
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  // The agent is beside us: no proxy, no TXT records.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** PEM text, as read from the files. Without `ca` the system's authorities count. */
export interface TlsOptions {
  readonly ca?: string | Buffer | undefined;
  /** With `key`: the client's own certificate. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name in the agent's certificate, where it is not that of the address. */
  readonly serverName?: string | undefined;
}

export interface GrpcOptions {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  readonly tls?: TlsOptions | undefined;
  /** Bearer token; a function is asked anew for each connection. */
  readonly token?: string | (() => string) | undefined;
}

/** One channel with the service's `Stream` method, whose requests are bytes that are encoded already. */
export class GrpcTransport implements Transport {
  readonly #options: GrpcOptions;
  readonly #clock: ClientClock;
  #client: Client | undefined;
  #method: MethodDefinition<Uint8Array, BatchAck> | undefined;

  constructor(options: GrpcOptions, clock: ClientClock) {
    this.#options = options;
    this.#clock = clock;
  }

  open(handlers: StreamHandlers): SpanStream {
    this.#method ??= loadStreamMethod();
    this.#client ??= this.#connect();
    const call = this.#client.makeBidiStreamRequest(
      this.#method.path,
      (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      this.#method.responseDeserialize,
      this.#metadata(),
    );
    call.on('data', (ack: BatchAck) => handlers.ack(ack));
    // Without a listener an 'error' would be thrown; the status that follows says the same.
    call.on('error', () => {});
    call.on('status', (end: StatusObject) => handlers.closed(failureOf(end)));
    return this.#streamOf(call);
  }

  reset(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #connect(): Client {
    const { address, tls } = this.#options;
    const name = tls?.serverName;
    const nameOptions: ChannelOptions =
      name === undefined ? {} : { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name };
    return new Client(address, credentialsOf(tls), { ...CHANNEL_OPTIONS, ...nameOptions });
  }

  #metadata(): Metadata {
    const { token } = this.#options;
    const metadata = new Metadata();
    const value = typeof token === 'function' ? token() : token;
    if (value) metadata.set('authorization', `Bearer ${value}`);
    return metadata;
  }

  #streamOf(call: ClientDuplexStream<Uint8Array, BatchAck>): SpanStream {
    return {
      send: (batch) => void call.write(batch),
      end: () => {
        call.end();
        const timeout = this.#clock.schedule(END_TIMEOUT_MS, () => call.cancel());
        call.on('status', () => timeout.cancel());
      },
      cancel: () => call.cancel(),
    };
  }
}

function credentialsOf(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const pem = (text: string | Buffer | undefined): Buffer | null =>
    text === undefined ? null : Buffer.from(text);
  return credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
}

function failureOf(end: StatusObject): StreamFailure | undefined {
  if (end.code === status.OK) return undefined;
  return {
    message: `${status[end.code]}: ${end.details}`,
    refusesBatch: end.code === status.INVALID_ARGUMENT || isTooLarge(end),
  };
}

/** The agent's limit on messages is lower than our batches; other RESOURCE_EXHAUSTED may pass. */
function isTooLarge(end: StatusObject): boolean {
  return end.code === status.RESOURCE_EXHAUSTED && end.details.includes('larger than max');
}

function loadStreamMethod(): MethodDefinition<Uint8Array, BatchAck> {
  const definition = loadSync(findProtoFile(), { longs: Number, defaults: true });
  const service = definition['infermeter.v1.SpanService'] as ServiceDefinition;
  return service['Stream'] as MethodDefinition<Uint8Array, BatchAck>;
}

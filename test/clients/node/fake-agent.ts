import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ROOT } from '../../source-files.ts';

interface WireBatch {
  readonly producerId: Uint8Array;
  readonly sequence: number;
  readonly dropped: number;
  readonly columns: { readonly seriesStatus: readonly number[] } | null;
}

interface WireAck {
  readonly sequence: number;
  readonly accepted: number;
}

type Call = ServerDuplexStream<WireBatch, WireAck>;

export interface FakeAgentOptions {
  readonly credentials?: ServerCredentials;
  readonly maxMessageBytes?: number;
}

/** The service on a real grpc-js server, declared and decoded by proto-loader, counting batches by sequence. */
export class FakeAgent {
  /** Spans by producer and sequence: what comes twice counts once. Survives `kill`, as an agent's checkpoint does. */
  readonly #spansByBatch = new Map<string, number>();
  readonly #options: FakeAgentOptions;
  #server: Server | undefined;
  #port = 0;
  batches = 0;
  duplicates = 0;
  clientDropped = 0;
  authorization: unknown;
  /** Answers that get lost: the batch counts, and the stream breaks. */
  answersToLose = 0;
  /** While it returns a promise, answers wait for it. */
  beforeAnswer: () => Promise<void> = async () => {};
  calls = new Set<Call>();

  constructor(options: FakeAgentOptions = {}) {
    this.#options = options;
  }

  get spans(): number {
    return [...this.#spansByBatch.values()].reduce((sum, spans) => sum + spans, 0);
  }

  get address(): string {
    return `localhost:${this.#port}`;
  }

  /** Listens on `target`, by default on the port that it had before. */
  async start(target = `localhost:${this.#port}`): Promise<void> {
    const server = new Server({
      'grpc.max_receive_message_length': this.#options.maxMessageBytes ?? 4 << 20,
    });
    const definition = loadSync(join(ROOT, 'proto/infermeter/v1/span_service.proto'), {
      longs: Number,
      defaults: true,
    });
    server.addService(definition['infermeter.v1.SpanService'] as ServiceDefinition, {
      Stream: (call: Call) => this.#serve(call),
    });
    const credentials = this.#options.credentials ?? ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(target, credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
    this.#server = server;
  }

  /** As if the process died: connections break, nothing is said. */
  kill(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.calls.clear();
  }

  #serve(call: Call): void {
    this.calls.add(call);
    this.authorization = call.metadata.get('authorization')[0];
    let turn = Promise.resolve();
    call.on('data', (batch: WireBatch) => {
      turn = turn.then(() => this.#take(call, batch));
    });
    call.on('end', () => turn.then(() => call.end()));
    call.on('error', () => {});
    call.on('close', () => this.calls.delete(call));
  }

  async #take(call: Call, batch: WireBatch): Promise<void> {
    const key = `${Buffer.from(batch.producerId).toString('hex')}/${batch.sequence}`;
    const accepted = batch.columns?.seriesStatus.length ?? 0;
    this.batches++;
    if (this.#spansByBatch.has(key)) this.duplicates++;
    else this.clientDropped += batch.dropped;
    this.#spansByBatch.set(key, accepted);
    await this.beforeAnswer();
    if (this.answersToLose > 0) {
      this.answersToLose--;
      call.emit('error', { code: status.UNAVAILABLE, details: 'the answer gets lost' });
    } else {
      call.write({ sequence: batch.sequence, accepted });
    }
  }
}

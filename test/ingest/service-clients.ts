import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, credentials, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { protoPath as HEALTH_PROTO } from 'grpc-health-check';
import protobuf from 'protobufjs';

const REFLECTION_PROTO = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
  '../proto/grpc/reflection/v1/reflection.proto',
);

type Fields = Record<string, unknown>;
type Method = MethodDefinition<Fields, Fields>;

/** As probes use `grpc.health.v1.Health`. */
export class HealthClient {
  readonly #client: Client;
  readonly #methods = loadMethods(HEALTH_PROTO, 'grpc.health.v1.Health');

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  async check(service: string): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = this.#methods['Check'];
    const answer = await new Promise<Fields | undefined>((resolve, reject) => {
      const done = (error: ServiceError | null, value?: Fields): void =>
        error ? reject(error) : resolve(value);
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, done);
    });
    return answer?.['status'];
  }

  async *watch(service: string): AsyncGenerator<unknown> {
    const { path, requestSerialize, responseDeserialize } = this.#methods['Watch'];
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      service,
    });
    for await (const state of call) yield (state as Fields)['status'];
  }

  close(): void {
    this.#client.close();
  }
}

/** As grpcurl uses `grpc.reflection.v1.ServerReflection`. */
export class ReflectionClient {
  readonly #client: Client;
  readonly #methods = loadMethods(REFLECTION_PROTO, 'grpc.reflection.v1.ServerReflection');

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  async listServices(): Promise<readonly string[]> {
    const answer = await this.#ask({ listServices: '*' });
    const { service } = answer['listServicesResponse'] as { service: { name: string }[] };
    return service.map(({ name }) => name);
  }

  async methodsOf(service: string): Promise<readonly string[]> {
    const answer = await this.#ask({ fileContainingSymbol: service });
    const { fileDescriptorProto } = answer['fileDescriptorResponse'] as { fileDescriptorProto: Uint8Array[] };
    const set = protobuf.Writer.create();
    for (const file of fileDescriptorProto) set.uint32(10).bytes(file);
    const loaded = loadFileDescriptorSetFromBuffer(Buffer.from(set.finish()));
    return Object.keys(loaded[service]);
  }

  close(): void {
    this.#client.close();
  }

  async #ask(request: Fields): Promise<Fields> {
    const { path, requestSerialize, responseDeserialize } = this.#methods['ServerReflectionInfo'];
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    call.end(request);
    for await (const answer of call) return answer as Fields;
    throw new Error('no answer');
  }
}

function loadMethods(proto: string, service: string): Readonly<Record<string, Method>> {
  const definition = loadSync(proto, { enums: String, oneofs: true, includeDirs: [dirname(proto)] });
  return definition[service] as ServiceDefinition as Readonly<Record<string, Method>>;
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { encodeBatchAck } from './batch-ack-encoder.ts';
import type { BatchAck } from './span-intake.ts';

export const SPAN_SERVICE = 'infermeter.v1.SpanService';
const PROTO_FILE = join('infermeter', 'v1', 'span_service.proto');

/**
 * Loads the wire contracts, ours and `moreFiles`, from the package's `proto` folder, wherever below the package this
 * module runs.
 */
export function loadProtocol(moreFiles: readonly string[] = []): PackageDefinition {
  const includeDirs = [findProtoFolder(dirname(fileURLToPath(import.meta.url)))];
  return loadSync([PROTO_FILE, ...moreFiles], { includeDirs });
}

/**
 * The service as the contract declares it, but for two things: requests stay bytes, because our own reader takes
 * them, and acks are written by hand.
 */
export function createSpanService(protocol: PackageDefinition): ServiceDefinition {
  const declared = protocol[SPAN_SERVICE] as ServiceDefinition;
  const hot = {
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (ack: BatchAck) => encodeBatchAck(ack),
  };
  const service: Record<string, ServiceDefinition[string]> = {};
  for (const [name, method] of Object.entries(declared)) {
    service[name] = { ...method, ...hot };
  }
  return service;
}

function findProtoFolder(start: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'proto', PROTO_FILE))) return join(folder, 'proto');
  }
  throw new Error(`the package is incomplete: no proto/${PROTO_FILE} above ${start}`);
}

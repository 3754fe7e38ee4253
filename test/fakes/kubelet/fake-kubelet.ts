import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { createServerFolder } from '../../servers/server-process.ts';

/** A pod of the node, with the devices of its containers by resource. */
export interface FakePod {
  readonly namespace: string;
  readonly name: string;
  readonly devices: readonly (readonly [resource: string, ...ids: string[]])[];
}

const PROTO_FILE = fileURLToPath(new URL('podresources.proto', import.meta.url));

/** A gRPC server on a Unix socket that answers as a kubelet does, with all that its API has. */
export class FakeKubelet {
  readonly socketPath = join(createServerFolder('kubelet'), 'kubelet.sock');
  pods: readonly FakePod[] = [];
  /** Calls so far. */
  calls = 0;
  /** Keeps callers waiting. */
  hangs = false;
  #server: Server | undefined;

  async start(): Promise<void> {
    const service = loadSync(PROTO_FILE)['v1.PodResourcesLister'] as ServiceDefinition;
    const server = new Server();
    server.addService(service, {
      List: (_call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>) => {
        this.calls += 1;
        if (!this.hangs) reply(null, { podResources: this.pods.map(answer) });
      },
      GetAllocatableResources: (_call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>) =>
        reply(null, {}),
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.socketPath}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    this.#server = server;
  }

  stop(): void {
    this.#server?.forceShutdown();
    rmSync(this.socketPath, { force: true });
  }
}

function answer({ namespace, name, devices }: FakePod): object {
  const topology = { nodes: [{ ID: 1 }] };
  const sidecar = { name: 'infermeter', memory: [{ memoryType: 'memory', size: 1 << 28, topology }] };
  const server = {
    name: 'server',
    devices: devices.map(([resourceName, ...deviceIds]) => ({ resourceName, deviceIds, topology })),
    cpuIds: [4, 5],
    dynamicResources: [
      {
        claimName: 'c',
        claimNamespace: namespace,
        claimResources: [{ cdiDevices: [{ name: 'vendor/class=x' }] }],
      },
    ],
  };
  return { namespace, name, containers: [sidecar, server] };
}

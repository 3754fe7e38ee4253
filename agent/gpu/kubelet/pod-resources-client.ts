import { Client, credentials, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader';
import type { PodResources } from './pod-devices.ts';

const SERVICE = 'v1.PodResourcesLister';
const TIMEOUT_MS = 5000;
/** Some 1 kB a pod; a node has a few hundred. */
const MAX_ANSWER_BYTES = 16 << 20;

/** What we read of the kubelet's API (k8s.io/kubelet, podresources/v1/api.proto): field numbers are facts. */
const PROTOCOL = fromJSON(
  {
    nested: {
      v1: {
        nested: {
          PodResourcesLister: {
            methods: {
              List: {
                requestType: 'ListPodResourcesRequest',
                responseType: 'ListPodResourcesResponse',
                comment: '',
              },
            },
          },
          ListPodResourcesRequest: { fields: {} },
          ListPodResourcesResponse: {
            fields: { podResources: { rule: 'repeated', type: 'PodResources', id: 1 } },
          },
          PodResources: {
            fields: {
              name: { type: 'string', id: 1 },
              namespace: { type: 'string', id: 2 },
              containers: { rule: 'repeated', type: 'ContainerResources', id: 3 },
            },
          },
          ContainerResources: {
            fields: {
              name: { type: 'string', id: 1 },
              devices: { rule: 'repeated', type: 'ContainerDevices', id: 2 },
            },
          },
          ContainerDevices: {
            fields: {
              resourceName: { type: 'string', id: 1 },
              deviceIds: { rule: 'repeated', type: 'string', id: 2 },
            },
          },
        },
      },
    },
  },
  { defaults: true, arrays: true },
);

interface Answer {
  readonly podResources: readonly PodResources[];
}

type List = MethodDefinition<object, Answer>;

/**
 * Asks the kubelet once what it gave the pods of its node. Rejects with the reason: no socket, no right to open it, no
 * answer in time. A connection of its own each time: it is asked a few times in the life of a pod.
 */
export async function listPodResources(
  socketPath: string,
  stopping: AbortSignal,
): Promise<readonly PodResources[]> {
  const { path, requestSerialize, responseDeserialize } = (PROTOCOL[SERVICE] as ServiceDefinition)[
    'List'
  ] as List;
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc.enable_channelz': 0,
  });
  try {
    return await new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Answer): void =>
        error === null
          ? resolve(answer?.podResources ?? [])
          : reject(new Error(error.details, { cause: error }));
      const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, done);
      AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)]).addEventListener('abort', () =>
        call.cancel(),
      );
    });
  } finally {
    client.close();
  }
}

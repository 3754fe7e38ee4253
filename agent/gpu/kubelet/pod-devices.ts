import type { GpuOwnership } from '../../core/gpu-sample.ts';

/** A pod by its name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What the kubelet gave one pod. */
export interface PodResources extends PodName {
  readonly containers: readonly {
    readonly name: string;
    readonly devices: readonly { readonly resourceName: string; readonly deviceIds: readonly string[] }[];
  }[];
}

/** `nvidia.com/gpu`, `nvidia.com/gpu.shared`, `nvidia.com/mig-1g.10gb`, … */
const RESOURCE_PREFIX = 'nvidia.com/';
/** NVIDIA's device plugin names a GPU by its UUID, and its replicas where it is shared by `UUID::NUMBER`. */
const GPU = /^(GPU-[0-9a-f-]{36})(?:::\d+)?$/i;
/** An instance of MIG as drivers before 470 named it, with its GPU. */
const OLD_MIG = /^MIG-(GPU-[0-9a-f-]{36})\//i;

/** The GPUs of a pod, of all its containers together: the server beside us is one of them. */
export function podGpus(pods: readonly PodResources[], { namespace, name }: PodName): GpuOwnership {
  const pod = pods.find((one) => one.name === name && one.namespace === namespace);
  if (pod === undefined) return { reason: `the kubelet knows no pod ${namespace}/${name}` };
  const ids = pod.containers.flatMap(({ devices }) =>
    devices
      .filter(({ resourceName }) => resourceName.startsWith(RESOURCE_PREFIX))
      .flatMap(({ deviceIds }) => deviceIds),
  );
  if (ids.length === 0) return { reason: 'the kubelet gave this pod no GPU' };
  const uuids = ids.map((id) => (GPU.exec(id) ?? OLD_MIG.exec(id))?.[1]);
  const nameless = ids.filter((_, index) => uuids[index] === undefined);
  if (nameless.length > 0) {
    return {
      reason: `the kubelet names ${nameless[0]}, which is not the UUID of a GPU: gpu.devices can say it`,
    };
  }
  const unique = new Set(uuids.flatMap((uuid = '') => `GPU-${uuid.slice(4).toLowerCase()}`));
  return { uuids: [...unique].sort(), reason: 'the kubelet gave it to this pod' };
}

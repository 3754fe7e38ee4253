import { boolean, choice, duration, gpuUuid, listOrAuto, MAX_PATH, section, text } from './option.ts';

/** `gpu`: what is read of the GPUs, and how. */
export const gpu = section(
  { help: "NVIDIA's GPUs, read by a process of their own that starts only where a driver is." },
  {
    source: choice(
      'What reads the GPUs. auto: NVML, or nvidia-smi where NVML cannot be opened; nothing where there is no driver. simulated makes figures up, for trying things out, and tags all of them `simulated=true`.',
      ['auto', 'nvml', 'nvidia-smi', 'none', 'simulated'],
    ).prefault('auto'),
    devices: listOrAuto(
      'The GPUs of the server beside the agent; only theirs are published. auto: those of the spans, else those that the kubelet gave the pod, else those of the watched process, else the only one.',
      gpuUuid('The UUID of a GPU.'),
      { max: 64, takes: 'UUIDs as `nvidia-smi -L` prints them' },
    ).prefault('auto'),
    pod_resources: text(
      "The kubelet's socket, which says which GPUs it gave this pod (POD_NAME, POD_NAMESPACE). Only root may open it, so it is asked only where this is set.",
      { max: MAX_PATH, example: '/var/lib/kubelet/pod-resources/kubelet.sock' },
    ).optional(),
    interval: duration(
      'How often they are read. What is dear to read (energy, tensor activity, limits) is read every 10 s; nvidia-smi runs every 5 s at most, for one run takes some 75 ms of CPU.',
      { min: '200ms', max: '1m' },
    ).prefault('1s'),
    processes: boolean('Whether the memory of the processes on them is read.').prefault('true'),
    process_id: boolean(
      'Whether each process is a series of its own, by its id; else those of one name are summed.',
    ).prefault('false'),
  },
).prefault({});

// The two readers as a module of their own, for the scripts beside it; README.md says how it is bundled.
export { NvidiaSmiReader } from '../../agent/gpu/nvidia-smi/nvidia-smi-reader.ts';
export { NvmlReader } from '../../agent/gpu/nvml/nvml-reader.ts';

import { gpuActivity, inferenceGpu } from './gpu.ts';
import { host } from './host.ts';
import { inference, inferenceHistogram, inferencePhase } from './inference.ts';
import { inferenceComparison } from './inference-comparison.ts';
import { infermeter } from './infermeter.ts';
import type { MeasurementSpec } from './measurement-spec.ts';
import { nvidiaSmi, nvidiaSmiMig, nvidiaSmiProcess } from './nvidia-smi.ts';
import { operator } from './operator.ts';
import { server } from './server.ts';

/** Every measurement the agent writes. Types, encoders, docs/metrics.md and dashboards follow from it. */
export const catalog = {
  inference,
  inference_phase: inferencePhase,
  inference_histogram: inferenceHistogram,
  server,
  operator,
  inference_gpu: inferenceGpu,
  inference_comparison: inferenceComparison,
  gpu_activity: gpuActivity,
  nvidia_smi: nvidiaSmi,
  nvidia_smi_process: nvidiaSmiProcess,
  nvidia_smi_mig: nvidiaSmiMig,
  host,
  infermeter,
} as const satisfies Readonly<Record<string, MeasurementSpec>>;

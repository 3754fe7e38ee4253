import { host } from './host.ts';
import { inference, inferencePhase } from './inference.ts';
import { infermeter } from './infermeter.ts';
import type { MeasurementSpec } from './measurement-spec.ts';

/** Every measurement the agent writes. Types, encoders, docs/metrics.md and dashboards follow from it. */
export const catalog = {
  inference,
  inference_phase: inferencePhase,
  host,
  infermeter,
} as const satisfies Readonly<Record<string, MeasurementSpec>>;

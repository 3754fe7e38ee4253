import type { PointRow } from '../../../agent/dashboard/web/api-answers.ts';

/** A row of the model `resnet50` as the API sends it. */
export function createRow(
  time: number,
  tags: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, number>>,
): PointRow {
  const measurement =
    tags['gpu'] !== undefined
      ? 'inference_gpu'
      : tags['phase'] === undefined
        ? 'inference'
        : 'inference_phase';
  return { measurement, time, tags: { model: 'resnet50', window: '1m', instance: 'pod-7', ...tags }, fields };
}

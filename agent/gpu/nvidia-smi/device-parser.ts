import type { DeviceReading, GpuFailureKind, MigReading } from '../gpu-reader.ts';
import { GPU_PATHS, readGpuFields, readMigFields } from './field-paths.ts';
import { parseProcesses } from './process-parser.ts';
import { classifySaid } from './smi-failure.ts';
import { parseNumber, parseText } from './smi-value.ts';
import { elementsAt, textAt, type XmlTree } from './xml-tree.ts';

/** What every GPU that lives says at least one of. */
const SIGNS_OF_LIFE = [
  'memory_used',
  'utilization_gpu',
  'temperature_gpu',
  'power_draw',
  'clocks_current_sm',
] as const;

/** Why a `gpu` element gives no reading. */
export interface Silence {
  readonly kind: GpuFailureKind;
  readonly reason: string;
}

export interface GpuElement {
  readonly log: XmlTree;
  readonly gpu: XmlTree;
  readonly index: number;
}

/** The reading of one `gpu` element, or why there is none: no UUID, or not one sign of life. */
export function parseDevice(
  { log, gpu, index }: GpuElement,
  withProcesses: boolean,
): DeviceReading | Silence {
  const fields = readGpuFields(log, gpu);
  const uuid = parseUuid(textAt(gpu, 'uuid'));
  if (uuid === undefined || SIGNS_OF_LIFE.every((field) => fields[field] === undefined)) return explain(gpu);
  const arch = parseText(textAt(gpu, 'product_architecture'));
  const computeMode = parseText(textAt(gpu, 'compute_mode'));
  const pstate = parseText(textAt(gpu, 'performance_state'));
  const processes = withProcesses ? parseProcesses(gpu) : undefined;
  return {
    index,
    uuid,
    name: parseText(textAt(gpu, 'product_name')) ?? 'unknown',
    ...(arch !== undefined && { arch }),
    ...(computeMode !== undefined && { computeMode }),
    ...(pstate !== undefined && { pstate }),
    fields,
    ...(processes !== undefined && { processes }),
    mig: parseMig(gpu),
  };
}

export function parseUuid(text: string | undefined): string | undefined {
  return text !== undefined && /^GPU-[0-9a-f-]{8,64}$/i.test(text) ? text : undefined;
}

/** From what it says where its signs of life should stand. */
function explain(gpu: XmlTree): Silence {
  const places = ['product_name', 'uuid', ...SIGNS_OF_LIFE.flatMap((field) => GPU_PATHS[field])];
  const texts = places.map((place) => textAt(gpu, place)).filter((text) => text !== undefined);
  const word = texts.find((text) => classifySaid(text) !== undefined);
  if (word === undefined) return { kind: 'failed', reason: 'nvidia-smi tells nothing of it' };
  return { kind: classifySaid(word) ?? 'failed', reason: `nvidia-smi says "${word.slice(0, 100)}" of it` };
}

function parseMig(gpu: XmlTree): readonly MigReading[] {
  return elementsAt(gpu, 'mig_devices/mig_device').flatMap((device) => {
    const [index, gpuInstance, computeInstance] = ['index', 'gpu_instance_id', 'compute_instance_id'].map(
      (name) => parseNumber(textAt(device, name), '1'),
    );
    if (index === undefined || gpuInstance === undefined || computeInstance === undefined) return [];
    return [{ index, gpuInstance, computeInstance, fields: readMigFields(device) }];
  });
}

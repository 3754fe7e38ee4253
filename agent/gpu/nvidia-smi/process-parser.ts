import type { GpuProcess } from '../gpu-reader.ts';
import { parseNumber, parseText } from './smi-value.ts';
import { elementsAt, textAt, type XmlTree } from './xml-tree.ts';

/** Of a process that nvidia-smi may not see: one of another container. */
const UNKNOWN_NAME = 'unknown';

interface Found {
  readonly name: string;
  compute: boolean;
  graphics: boolean;
  /** By MIG instance; of a GPU that is not divided there is one. */
  readonly usedMemoryMib: Map<string, number>;
}

/**
 * The processes of a `gpu` element, each once: one that computes and draws may be listed twice with the same memory,
 * one on several MIG instances holds their sum. Undefined where nvidia-smi does not tell; an empty list it does tell.
 */
export function parseProcesses(gpu: XmlTree): readonly GpuProcess[] | undefined {
  const entries = elementsAt(gpu, 'processes/process_info');
  if (entries.length === 0 && textAt(gpu, 'processes') !== '') return undefined;
  const found = new Map<number, Found>();
  for (const entry of entries) take(entry, found);
  return [...found].map(([pid, { name, compute, graphics, usedMemoryMib }]) => ({
    pid,
    name,
    type: graphics ? (compute ? 'C+G' : 'G') : 'C',
    ...(usedMemoryMib.size > 0 && { usedMemoryMib: sum(usedMemoryMib.values()) }),
  }));
}

/** A type may also be M+C: a client of the MPS server, which computes. */
function take(entry: XmlTree, found: Map<number, Found>): void {
  const pid = parseNumber(textAt(entry, 'pid'), '1');
  if (pid === undefined || pid === 0) return;
  const name = parseText(textAt(entry, 'process_name')) ?? UNKNOWN_NAME;
  const holder = found.get(pid) ?? { name, compute: false, graphics: false, usedMemoryMib: new Map() };
  found.set(pid, holder);
  const type = textAt(entry, 'type') ?? '';
  holder.compute ||= type.includes('C');
  holder.graphics ||= type.includes('G');
  const mib = parseNumber(textAt(entry, 'used_memory'), 'MiB');
  if (mib === undefined) return;
  const instance = `${textAt(entry, 'gpu_instance_id')}/${textAt(entry, 'compute_instance_id')}`;
  holder.usedMemoryMib.set(instance, Math.max(mib, holder.usedMemoryMib.get(instance) ?? 0));
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

import type { FieldsOf } from '../core/point.ts';
import type { GpuProcess } from './gpu-reader.ts';

/** Series of processes on one GPU; those of the least memory go. */
const MAX_SUMS = 256;

export interface ProcessSum {
  readonly tags: { readonly name: string; readonly type: string; readonly process_id?: string };
  readonly fields: FieldsOf<'nvidia_smi_process'>;
}

/**
 * The processes of one GPU, summed by name and type, for two of one name would overwrite each other in the store;
 * `each`: one by one. Memory that the driver does not tell of one is unknown of their sum.
 */
export function sumProcesses(processes: readonly GpuProcess[], each: boolean): readonly ProcessSum[] {
  const groups = new Map<string, GpuProcess[]>();
  for (const one of processes) {
    const key = [one.name, one.type, each ? one.pid : ''].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const sums = [...groups.values()].map((members) => sumOf(members, each));
  if (sums.length <= MAX_SUMS) return sums;
  const memory = ({ fields }: ProcessSum): number => fields.used_memory ?? 0;
  return sums.sort((a, b) => memory(b) - memory(a)).slice(0, MAX_SUMS);
}

function sumOf(members: readonly GpuProcess[], each: boolean): ProcessSum {
  const [{ pid, name, type }] = members;
  const usedMib = members.reduce((sum, { usedMemoryMib }) => sum + (usedMemoryMib ?? Number.NaN), 0);
  return {
    tags: { name, type, ...(each && { process_id: String(pid) }) },
    fields: {
      pid: members.length === 1 ? pid : undefined,
      used_memory: Number.isNaN(usedMib) ? undefined : usedMib,
      processes: members.length,
    },
  };
}

import { expect } from 'chai';
import type { GpuProcess } from '../../agent/gpu/gpu-reader.ts';
import { sumProcesses } from '../../agent/gpu/process-sums.ts';

function process(pid: number, usedMemoryMib: number | undefined, name = 'python3', type: 'C' | 'G' = 'C') {
  return { pid, name, type, ...(usedMemoryMib !== undefined && { usedMemoryMib }) } satisfies GpuProcess;
}

describe('sums of processes', () => {
  const cases: readonly [string, readonly GpuProcess[], boolean, readonly unknown[]][] = [
    ['of none are none', [], false, []],
    ['keep the pid of one', [process(7, 10)], false, [['python3', 'C', undefined, 7, 10, 1]]],
    [
      'add those of a name',
      [process(7, 10), process(8, 5)],
      false,
      [['python3', 'C', undefined, undefined, 15, 2]],
    ],
    [
      'keep names and types apart',
      [process(7, 10), process(8, 5, 'triton'), process(9, 1, 'python3', 'G')],
      false,
      [
        ['python3', 'C', undefined, 7, 10, 1],
        ['triton', 'C', undefined, 8, 5, 1],
        ['python3', 'G', undefined, 9, 1, 1],
      ],
    ],
    [
      'do not know the memory of all where they do not know that of one',
      [process(7, 10), process(8, undefined)],
      false,
      [['python3', 'C', undefined, undefined, undefined, 2]],
    ],
    [
      'are of one process each where its id is asked for',
      [process(7, 10), process(8, 5)],
      true,
      [
        ['python3', 'C', '7', 7, 10, 1],
        ['python3', 'C', '8', 8, 5, 1],
      ],
    ],
  ];
  for (const [title, processes, each, expected] of cases) {
    it(title, () => {
      const rows = sumProcesses(processes, each).map(({ tags, fields }) => [
        tags.name,
        tags.type,
        tags.process_id,
        fields.pid,
        fields.used_memory,
        fields.processes,
      ]);
      expect(rows).to.deep.equal(expected);
    });
  }

  it('are at most 256, those of the most memory', () => {
    const many = Array.from({ length: 300 }, (_, index) => process(index, index));
    const sums = sumProcesses(many, true);
    expect(sums).to.have.length(256);
    expect(Math.min(...sums.map(({ fields }) => fields.used_memory ?? 0))).to.equal(44);
  });
});

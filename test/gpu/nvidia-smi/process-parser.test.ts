import { expect } from 'chai';
import { parseProcesses } from '../../../agent/gpu/nvidia-smi/process-parser.ts';
import { parseLog } from '../../../agent/gpu/nvidia-smi/smi-xml.ts';
import { elementsAt } from '../../../agent/gpu/nvidia-smi/xml-tree.ts';

type Listed = [pid: number, type: string, name: string, memory: string, instance?: number | string];

describe('processes of nvidia-smi', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['nothing where the element is missing', '', undefined],
    ['nothing where it may not be told', '<processes>N/A</processes>', undefined],
    ['an empty list as such', '<processes>\n</processes>', []],
    ['one', `<processes>${info(7, 'C', 'a', '5 MiB')}</processes>`, [told(7, 'C', 'a', 5)]],
    [
      'one that computes and draws once, with its memory once',
      `<processes>${info(7, 'C', 'a', '5 MiB')}${info(7, 'G', 'a', '5 MiB')}</processes>`,
      [told(7, 'C+G', 'a', 5)],
    ],
    ['C+G', `<processes>${info(7, 'C+G', 'a', '5 MiB')}</processes>`, [told(7, 'C+G', 'a', 5)]],
    ['G', `<processes>${info(7, 'G', '/usr/bin/X', '5 MiB')}</processes>`, [told(7, 'G', '/usr/bin/X', 5)]],
    [
      'a client of MPS as computing',
      `<processes>${info(7, 'M+C', 'a', '5 MiB')}</processes>`,
      [told(7, 'C', 'a', 5)],
    ],
    [
      'the memory of one process on two MIG instances as a sum',
      `<processes>${info(7, 'C', 'a', '5 MiB', 1)}${info(7, 'C', 'a', '6 MiB', 2)}</processes>`,
      [told(7, 'C', 'a', 11)],
    ],
    [
      'memory and name only where they are told',
      `<processes>${info(7, 'C', '[Not Found]', '[N/A]')}${info(0, 'C', 'b', '5 MiB')}</processes>`,
      [{ pid: 7, name: 'unknown', type: 'C' }],
    ],
    [
      'names with characters of XML',
      `<processes>${info(7, 'C', 'a <b> && c &amp; d', '5 MiB')}</processes>`,
      [told(7, 'C', 'a <b> && c & d', 5)],
    ],
  ];
  for (const [name, xml, expected] of cases) {
    it(`reads ${name}`, async () => {
      const log = await parseLog(`<nvidia_smi_log><gpu><uuid>GPU-1</uuid>${xml}</gpu></nvidia_smi_log>`);
      expect(parseProcesses(elementsAt(log, 'gpu')[0])).to.deep.equal(expected);
    });
  }
});

function info(...[pid, type, name, memory, instance = 'N/A']: Listed): string {
  const ids = `<gpu_instance_id>${instance}</gpu_instance_id><compute_instance_id>0</compute_instance_id>`;
  const rest = `<pid>${pid}</pid><type>${type}</type><process_name>${name}</process_name>`;
  return `<process_info>${ids}${rest}<used_memory>${memory}</used_memory></process_info>`;
}

function told(pid: number, type: string, name: string, usedMemoryMib: number): unknown {
  return { pid, name, type, usedMemoryMib };
}

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const NAMES = Array.from({ length: 300 }, (_, index) => `aten::operator_${index}_of_a_model`);
const ELEMENTS_AT_ONCE = 1000;
const THREADS = 4;

/** A trace in the form of PyTorch's, of at least so many bytes; resolves to its number of operators. */
export function writeGeneratedTrace(path: string, bytes: number): Promise<number> {
  const head =
    '{\n  "schemaVersion": 1,\n  "baseTimeNanoseconds": 1790857026000000000,\n  "traceEvents": [\n';
  const tail = '\n  ],\n  "traceName": "generated.json"\n}\n';
  return writeElements(path, bytes, { head, tail, textOf: eventText });
}

/** Times in the form of trtexec's; resolves to the number of inferences. */
export function writeGeneratedTimes(path: string, bytes: number): Promise<number> {
  return writeElements(path, bytes, { head: '[\n', tail: '\n]\n', textOf: timesText });
}

interface Generated {
  readonly head: string;
  readonly tail: string;
  readonly textOf: (index: number) => string;
}

async function writeElements(
  path: string,
  bytes: number,
  { head, tail, textOf }: Generated,
): Promise<number> {
  const file = createWriteStream(path);
  let [written, elements] = [0, 0];
  const write = async (text: string): Promise<void> => {
    written += text.length;
    if (!file.write(text)) await once(file, 'drain');
  };
  await write(head);
  while (written < bytes) {
    const separator = elements === 0 ? '' : ',\n';
    const texts = Array.from({ length: ELEMENTS_AT_ONCE }, () => textOf(elements++));
    await write(`${separator}${texts.join(',\n')}`);
  }
  await write(tail);
  file.end();
  await once(file, 'finish');
  return elements;
}

/** Every second one lies within the one before; threads take turns, and none of them is in order. */
function eventText(index: number): string {
  const startUs = (index >> 1) * 20 + (index % 2) * 5 - (index % 8 === 0 ? 7 : 0);
  const durationUs = index % 2 === 0 ? 15.125 : 4.5;
  return `  {
    "ph": "X", "cat": "cpu_op", "name": "${NAMES[index % NAMES.length]}", "pid": 4242, "tid": ${4242 + ((index >> 1) % THREADS)},
    "ts": ${startUs.toFixed(3)}, "dur": ${durationUs.toFixed(3)},
    "args": {
      "External id": ${index}, "Record function id": 0, "Concrete Inputs": ["", "1"], "Input Dims": [[8, 128, 768], []], "Ev Idx": ${index}
    }
  }`;
}

function timesText(index: number): string {
  const startMs = index * 1.3;
  const computeMs = 1 + 0.2 * Math.abs(Math.sin(index));
  const at = (sinceStartMs: number): string => (startMs + sinceStartMs).toFixed(4);
  const parts = [
    ['startEnqMs', at(0)],
    ['endEnqMs', at(0.07)],
    ['startH2dMs', at(0.1)],
    ['endH2dMs', at(0.15)],
    ['startComputeMs', at(0.15)],
    ['endComputeMs', at(0.15 + computeMs)],
    ['startD2hMs', at(0.15 + computeMs)],
    ['endD2hMs', at(0.17 + computeMs)],
    ['h2dMs', '0.05'],
    ['computeMs', computeMs.toFixed(4)],
    ['d2hMs', '0.02'],
    ['latencyMs', (0.07 + computeMs).toFixed(4)],
  ];
  return `  { ${parts.map(([name, ms]) => `"${name}" : ${ms}`).join(', ')} }`;
}

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Names of kernels are long, and there are few of them. */
const NAMES = Array.from({ length: 300 }, (_, index) => `aten::operator_${index}_of_a_model`);
const EVENTS_AT_ONCE = 1000;
const THREADS = 4;

/** A trace in the form of PyTorch's, of at least so many bytes; resolves to its number of operators. */
export async function writeGeneratedTrace(path: string, bytes: number): Promise<number> {
  const file = createWriteStream(path);
  let [written, events] = [0, 0];
  const write = async (text: string): Promise<void> => {
    written += text.length;
    if (!file.write(text)) await once(file, 'drain');
  };
  await write(
    '{\n  "schemaVersion": 1,\n  "baseTimeNanoseconds": 1790857026000000000,\n  "traceEvents": [\n',
  );
  while (written < bytes) {
    const texts = Array.from({ length: EVENTS_AT_ONCE }, () => eventText(events++));
    await write(`${written > 200 ? ',\n' : ''}${texts.join(',\n')}`);
  }
  await write('\n  ],\n  "traceName": "generated.json"\n}\n');
  file.end();
  await once(file, 'finish');
  return events;
}

/** Every second one lies within the one before; threads take turns, so that none is in order by itself. */
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

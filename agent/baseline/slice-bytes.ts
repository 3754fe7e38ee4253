import { SparseReader, type SparseWriter } from '../window/sparse-bins.ts';
import type { BinnedValues, SliceRecord } from './recording.ts';

/** Kinds of values; a phase is `FIRST_PHASE` + its id. */
export const Kind = { latency: 0, batchSize: 1, inputTokens: 2, outputTokens: 3 } as const;
export const FIRST_PHASE = 4;

/** Varints hold whole numbers below this, and one is added. */
const MAX_VARINT = 2 ** 53 - 2;

/**
 * What one series did in one slice, as it is kept in memory: requests, weight, stated, errors, weighted ns, how many
 * kinds of values, and for each its kind, sum, least, greatest and bins.
 */
export function writeAmount(writer: SparseWriter, value: number): void {
  if (Number.isInteger(value) && value <= MAX_VARINT) {
    writer.varint(value + 1);
    return;
  }
  writer.varint(0);
  writer.float64(value);
}

/** Reads what `OpenSlices` wrote. `phases`: the names behind the ids. */
export function decodeSlice(bytes: Uint8Array, startMs: number, phases: readonly string[]): SliceRecord {
  const reader = new SparseReader(bytes);
  const amount = (): number => readAmount(reader);
  const counters = {
    requests: amount(),
    weight: amount(),
    stated: amount(),
    errors: amount(),
    weightedNs: amount(),
  };
  const values = new Map<number, BinnedValues>();
  for (let left = reader.varint(); left > 0; left--) values.set(reader.varint(), readValues(reader));
  const named = [...values]
    .filter(([kind]) => kind >= FIRST_PHASE)
    .map(([kind, found]) => [phases[kind - FIRST_PHASE] ?? '', found] as const);
  const latency = values.get(Kind.latency);
  const batchSize = values.get(Kind.batchSize);
  const inputTokens = values.get(Kind.inputTokens);
  const outputTokens = values.get(Kind.outputTokens);
  return {
    startMs,
    ...counters,
    phases: new Map(named),
    ...(latency && { latency }),
    ...(batchSize && { batchSize }),
    ...(inputTokens && { inputTokens }),
    ...(outputTokens && { outputTokens }),
  };
}

function readAmount(reader: SparseReader): number {
  const value = reader.varint();
  return value === 0 ? reader.float64() : value - 1;
}

function readValues(reader: SparseReader): BinnedValues {
  const sum = readAmount(reader);
  const min = readAmount(reader);
  const max = readAmount(reader);
  const list = reader.list();
  // Plain arrays, for there are thousands of short ones: the memory of typed arrays lies outside of the heap, and long.
  const bins = Array.from(list.bins.subarray(0, list.length));
  const counts = bins.map((_, index) => list.countAt(index));
  return { bins, counts, count: counts.reduce((total, count) => total + count, 0), sum, min, max };
}

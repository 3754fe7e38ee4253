import { BIN_COUNT, binOf } from '../core/duration-bins.ts';
import { DocumentFault, DocumentFields } from './document-fields.ts';
import type { BinnedValues, SliceRecord } from './recording.ts';

const MAX_PHASES = 64;
const KINDS = ['latency', 'batchSize', 'inputTokens', 'outputTokens'] as const;
const KEYS = ['startMs', 'requests', 'weight', 'stated', 'errors', 'weightedNs', 'phases', ...KINDS];
/** Sums are of floats: what they may be off by, as a share. */
const ROUNDING = 1e-9;

/** A slice as a document has it: what is 0 is left out, and the weight where every request stands for itself. */
export function sliceToJson(slice: SliceRecord): object {
  const { startMs, requests, weight, stated, errors, weightedNs, phases } = slice;
  return {
    startMs,
    requests,
    ...(weight !== requests && { weight }),
    ...(stated > 0 && { stated }),
    ...(errors > 0 && { errors }),
    ...(weightedNs > 0 && { weightedNs }),
    ...(slice.latency && { latency: valuesToJson(slice.latency) }),
    ...(phases.size > 0 && {
      phases: Object.fromEntries([...phases].map(([name, values]) => [name, valuesToJson(values)])),
    }),
    ...(slice.batchSize && { batchSize: valuesToJson(slice.batchSize) }),
    ...(slice.inputTokens && { inputTokens: valuesToJson(slice.inputTokens) }),
    ...(slice.outputTokens && { outputTokens: valuesToJson(slice.outputTokens) }),
  };
}

/** Throws a DocumentFault. */
export function sliceFromJson(value: unknown, path: string): SliceRecord {
  const fields = new DocumentFields(value, path, KEYS);
  const requests = fields.integer('requests');
  const stated = fields.integer('stated', 0);
  const errors = fields.integer('errors', 0);
  if (errors > stated || stated > requests)
    throw new DocumentFault(`${path}: more failed than stated their end, or more stated it than there were`);
  const phases = fields
    .entries('phases', MAX_PHASES)
    .map(([name, values]) => [name, valuesFromJson(values, `${fields.at('phases')}.${name}`)] as const);
  const given = KINDS.filter((kind) => fields.has(kind)).map(
    (kind) => [kind, valuesFromJson(fields.raw(kind), fields.at(kind))] as const,
  );
  const tooMany = given.find(([, { count }]) => count > requests);
  if (tooMany !== undefined) throw new DocumentFault(`${path}.${tooMany[0]}: more values than requests`);
  return {
    startMs: fields.integer('startMs'),
    requests,
    weight: fields.number('weight', requests),
    stated,
    errors,
    weightedNs: fields.number('weightedNs', 0),
    phases: new Map(phases),
    ...Object.fromEntries(given),
  };
}

/** `bins` holds pairs, one after another: bin, how many. */
function valuesToJson({ bins, counts, count, sum, min, max }: BinnedValues): object {
  const pairs = Array.from(bins, (bin, index) => [bin, counts[index]]);
  return { count, sum, min, max, bins: pairs.flat() };
}

function valuesFromJson(value: unknown, path: string): BinnedValues {
  const fields = new DocumentFields(value, path, ['count', 'sum', 'min', 'max', 'bins']);
  const values = {
    count: fields.integer('count'),
    sum: fields.number('sum'),
    min: fields.number('min'),
    max: fields.number('max'),
    ...binsFromJson(fields.list('bins', 2 * BIN_COUNT), fields.at('bins')),
  };
  const fault = faultOf(values);
  if (fault !== undefined) throw new DocumentFault(`${path}: ${fault}`);
  return values;
}

function binsFromJson(pairs: readonly unknown[], path: string): Pick<BinnedValues, 'bins' | 'counts'> {
  const bins: number[] = [];
  const counts: number[] = [];
  let last = -1;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const bin = pairs[at];
    const count = pairs[at + 1];
    if (!(Number.isInteger(bin) && (bin as number) > last && (bin as number) < BIN_COUNT))
      throw new DocumentFault(`${path}: bins are whole numbers that ascend, below ${BIN_COUNT}`);
    if (!(Number.isSafeInteger(count) && (count as number) > 0))
      throw new DocumentFault(`${path}: counts are whole numbers above 0`);
    last = bin as number;
    bins.push(last);
    counts.push(count as number);
  }
  if (pairs.length === 0 || pairs.length % 2 === 1)
    throw new DocumentFault(`${path}: must be pairs of a bin and a count, one at least`);
  return { bins, counts };
}

/** Figures that contradict each other: someone edited or cut the document. */
function faultOf({ bins, counts, count, sum, min, max }: BinnedValues): string | undefined {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index];
  if (total !== count) return `its bins hold ${total} values, not ${count}`;
  if (binOf(min) !== bins[0] || binOf(max) !== bins[bins.length - 1])
    return 'min and max do not lie in the first and the last bin';
  const isSum = sum >= min * count * (1 - ROUNDING) && sum <= max * count * (1 + ROUNDING);
  return isSum ? undefined : 'the sum does not lie between count · min and count · max';
}

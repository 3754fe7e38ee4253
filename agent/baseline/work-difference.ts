import { sizeText } from './figure-text.ts';
import { isAlike } from './load-match.ts';
import type { SliceRecord } from './recording.ts';
import { estimateMean } from './statistics/mean-estimate.ts';
import type { Sample, ValuesOf } from './statistics/sample.ts';

const WORK: readonly (readonly [name: string, valuesOf: ValuesOf])[] = [
  ['batch size differs', (slice: SliceRecord) => slice.batchSize],
  ['input tokens a request differ', (slice: SliceRecord) => slice.inputTokens],
  ['output tokens a request differ', (slice: SliceRecord) => slice.outputTokens],
];

/** Says in which way requests asked for other work, by more than 20 %; undefined where they did not, or none said. */
export function findWorkDifference(baseline: Sample, candidate: Sample): string | undefined {
  for (const [name, valuesOf] of WORK) {
    const of = estimateMean(baseline, valuesOf)?.value;
    const by = estimateMean(candidate, valuesOf)?.value;
    if (of === undefined || by === undefined || isAlike(of, by)) continue;
    return `${name} (${sizeText(of)} → ${sizeText(by)})`;
  }
  return undefined;
}

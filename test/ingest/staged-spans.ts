import type { BatchReader } from '../../agent/ingest/batch-reader.ts';
import { TOO_LONG_ID } from '../../agent/ingest/byte-intern.ts';
import { FIRST_LABEL, GPU, NAMES } from '../../agent/ingest/span-staging.ts';

/** A span as a reader staged it, with its strings; NaN for what is unknown or cannot be. */
export interface StagedSpan {
  readonly names: readonly string[];
  readonly labels: readonly string[];
  /** In full, as far as it is kept. */
  readonly gpu: string;
  readonly endMs: number;
  readonly durationNs: number;
  readonly status: number;
  readonly weight: number;
  readonly counts: readonly number[];
  /** Name, duration, offset. */
  readonly phases: readonly (readonly [string, number, number])[];
  readonly requestId: string;
}

/** What a string of too many bytes, or one that is not UTF-8 or has control characters, reads as. */
export const TOO_LONG = '<too long>';
export const INVALID = '<invalid>';

export function stagedSpans(reader: BatchReader, message: Uint8Array): StagedSpan[] {
  const { staging } = reader;
  return Array.from({ length: staging.count }, (_, i) => {
    const at = staging.series[i] * staging.tupleSize;
    const tuple = staging.tuples.subarray(at, at + staging.tupleSize);
    const ids = [...tuple].map((id) => textOf(reader, id));
    const phases = Array.from(staging.phase.subarray(staging.phaseStart[i], staging.phaseStart[i + 1]));
    return {
      names: ids.slice(0, NAMES),
      labels: ids.slice(FIRST_LABEL),
      gpu: gpuOf(reader, tuple[GPU]),
      endMs: staging.endMs[i],
      durationNs: staging.durationNs[i],
      status: staging.status[i],
      weight: staging.weight[i],
      counts: [staging.batchSize[i], staging.inputTokens[i], staging.outputTokens[i]],
      phases: phases.map((id, k) => {
        const j = staging.phaseStart[i] + k;
        return [textOf(reader, id), staging.phaseNs[j], staging.phaseOffsetNs[j]];
      }),
      requestId: Buffer.from(message.subarray(staging.requestStart[i], staging.requestEnd[i])).toString(),
    };
  });
}

function textOf({ intern }: BatchReader, id: number): string {
  if (intern.isTooLong(id)) return TOO_LONG;
  return intern.isInvalid(id) ? INVALID : intern.text(id);
}

function gpuOf({ intern }: BatchReader, id: number): string {
  if (id === TOO_LONG_ID) return TOO_LONG;
  return intern.isInvalid(id) ? INVALID : intern.text(id);
}

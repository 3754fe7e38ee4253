import { NO_GPU, NO_SERIES, type SpanColumns, SpanStatus } from '../../agent/core/span-sink.ts';

interface TestPhase {
  readonly phase: number;
  readonly ns: number;
  readonly offsetNs?: number | undefined;
}

/** A span as a test writes it; what is left out is unknown. */
export interface TestSpan {
  readonly series: number;
  readonly gpu?: number | undefined;
  readonly endMs: number;
  readonly durationNs: number;
  readonly status?: SpanStatus | undefined;
  readonly weight?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly phases?: readonly TestPhase[] | undefined;
}

/** As ingest hands spans over, a refused one among them. */
export function spanBatch(spans: readonly TestSpan[]): SpanColumns {
  const refused: TestSpan = { series: NO_SERIES, endMs: 0, durationNs: 1e9 };
  const all = [...spans, refused];
  const floats = (read: (span: TestSpan) => number): Float64Array => Float64Array.from(all, read);
  const phases = all.map((span) => span.phases ?? []);
  const phaseStart = new Int32Array(all.length + 1);
  phases.forEach((list, i) => {
    phaseStart[i + 1] = phaseStart[i] + list.length;
  });
  return {
    count: all.length,
    series: Int32Array.from(all, ({ series }) => series),
    gpu: Int32Array.from(all, ({ gpu }) => gpu ?? NO_GPU),
    endMs: floats(({ endMs }) => endMs),
    durationNs: floats(({ durationNs }) => durationNs),
    status: Uint8Array.from(all, ({ status }) => status ?? SpanStatus.ok),
    weight: floats(({ weight }) => weight ?? 1),
    batchSize: floats(({ batchSize }) => batchSize ?? Number.NaN),
    inputTokens: floats(({ inputTokens }) => inputTokens ?? Number.NaN),
    outputTokens: floats(({ outputTokens }) => outputTokens ?? Number.NaN),
    phaseStart,
    phase: Int32Array.from(phases.flat(), ({ phase }) => phase),
    phaseNs: Float64Array.from(phases.flat(), ({ ns }) => ns),
    phaseOffsetNs: Float64Array.from(phases.flat(), ({ offsetNs }) => offsetNs ?? Number.NaN),
  };
}

import type { Clock } from '../../agent/core/clock.ts';
import { NO_GPU, NO_SERIES, type SpanColumns, type SpanSink } from '../../agent/core/span-sink.ts';
import { spanEndMs } from '../../agent/ingest/wire-time.ts';

/** Rows as proto-loader decodes them. */
export interface DecodedBatch {
  readonly sequence: Integer64;
  readonly spans: readonly DecodedSpan[];
}

/** A string, or a Long. */
type Integer64 = string | { readonly low: number; readonly high: number; toNumber(): number };

interface DecodedSpan {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
  readonly operation: string;
  readonly startUnixNano: Integer64;
  readonly durationNano: Integer64;
  readonly weight: number;
  readonly phases: readonly { readonly name: string; readonly durationNano: Integer64 }[];
}

const MAX_SPANS = 8192;
const MAX_DURATION_NS = 24 * 3600 * 1e9;
const LATENESS_MS = 600_000;
const MAX_AHEAD_MS = 5000;

/**
 * The straightforward way from decoded messages to the sink, for comparison: exact times, a
 * key for each series, the rules on numbers; no labels (so no GPU), no offsets of phases, no dedupe.
 */
export class DecodedIntake {
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #series = new Map<string, number>();
  readonly #phases = new Map<string, number>();
  readonly #columns = {
    count: 0,
    series: new Int32Array(MAX_SPANS),
    gpu: new Int32Array(MAX_SPANS).fill(NO_GPU),
    endMs: new Float64Array(MAX_SPANS),
    durationNs: new Float64Array(MAX_SPANS),
    status: new Uint8Array(MAX_SPANS).fill(1),
    weight: new Float64Array(MAX_SPANS),
    batchSize: new Float64Array(MAX_SPANS).fill(Number.NaN),
    inputTokens: new Float64Array(MAX_SPANS).fill(Number.NaN),
    outputTokens: new Float64Array(MAX_SPANS).fill(Number.NaN),
    phaseStart: new Int32Array(MAX_SPANS + 1),
    phase: new Int32Array(MAX_SPANS * 4),
    phaseNs: new Float64Array(MAX_SPANS * 4),
    phaseOffsetNs: new Float64Array(MAX_SPANS * 4).fill(Number.NaN),
  } satisfies SpanColumns;

  constructor(sink: SpanSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  receive({ sequence, spans }: DecodedBatch): object {
    const nowMs = this.#clock.wallMs();
    let accepted = 0;
    for (const [i, span] of spans.entries()) if (this.#add(span, i, nowMs)) accepted++;
    this.#columns.count = spans.length;
    this.#sink.record(this.#columns, nowMs);
    return { sequence, accepted, rejected: spans.length - accepted };
  }

  #add(span: DecodedSpan, i: number, nowMs: number): boolean {
    const columns = this.#columns;
    const durationNs = toNumber(span.durationNano);
    const endMs = endMsOf(span.startUnixNano, durationNs);
    const good =
      durationNs >= 0 &&
      durationNs <= MAX_DURATION_NS &&
      endMs >= nowMs - LATENESS_MS &&
      endMs <= nowMs + MAX_AHEAD_MS &&
      span.weight >= 0;
    columns.series[i] = good ? this.#seriesOf(span) : NO_SERIES;
    columns.durationNs[i] = durationNs;
    columns.endMs[i] = endMs;
    columns.weight[i] = span.weight || 1;
    let at = columns.phaseStart[i];
    for (const { name, durationNano } of span.phases) {
      columns.phase[at] = this.#phaseOf(name);
      columns.phaseNs[at++] = toNumber(durationNano);
    }
    columns.phaseStart[i + 1] = at;
    return good;
  }

  #seriesOf({ model, variant, version, operation }: DecodedSpan): number {
    const key = `${model}\n${variant}\n${version}\n${operation}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const id = this.#sink.openSeries({ model, variant, version, operation, server: '', labels: {} });
    this.#series.set(key, id);
    return id;
  }

  #phaseOf(name: string): number {
    const known = this.#phases.get(name);
    if (known !== undefined) return known;
    const id = this.#sink.openPhase(name);
    this.#phases.set(name, id);
    return id;
  }
}

function toNumber(value: Integer64): number {
  return typeof value === 'string' ? Number(value) : value.toNumber();
}

function endMsOf(start: Integer64, durationNs: number): number {
  if (typeof start !== 'string') return spanEndMs(start.low >>> 0, start.high >>> 0, durationNs);
  return Number((BigInt(start) + BigInt(durationNs)) / 1_000_000n);
}

import type { Clock } from '../../agent/core/clock.ts';
import { NO_GPU, type SpanColumns, type SpanSink } from '../../agent/core/span-sink.ts';
import { spanEndMs } from '../../agent/ingest/wire-time.ts';

/** OTLP as proto-loader decodes it. */
export interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[];
  }[];
}

interface Integer64 {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
}

interface DecodedSpan {
  readonly startTimeUnixNano: Integer64;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: {
      readonly stringValue?: string;
      readonly intValue?: Integer64;
      readonly doubleValue?: number;
    } | null;
  }[];
}

const MAX_SPANS = 8192;
const PHASES = ['ttft', 'time_in_queue', 'time_in_model_prefill', 'time_in_model_decode'] as const;

/** The straightforward way from decoded exports of vLLM to the sink, for comparison: no rules, no dedupe. */
export class DecodedExports {
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #series = new Map<string, number>();
  readonly #phases: readonly number[];
  readonly #columns = {
    count: 0,
    series: new Int32Array(MAX_SPANS),
    gpu: new Int32Array(MAX_SPANS).fill(NO_GPU),
    endMs: new Float64Array(MAX_SPANS),
    durationNs: new Float64Array(MAX_SPANS),
    status: new Uint8Array(MAX_SPANS),
    weight: new Float64Array(MAX_SPANS).fill(1),
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
    this.#phases = PHASES.map((name) => sink.openPhase(name));
  }

  receive({ resourceSpans }: DecodedRequest): object {
    let i = 0;
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) for (const span of spans) this.#add(span, i++);
    }
    this.#columns.count = i;
    this.#sink.record(this.#columns, this.#clock.wallMs());
    return {};
  }

  #add({ startTimeUnixNano, attributes }: DecodedSpan, i: number): void {
    const columns = this.#columns;
    const values = new Map(attributes.map(({ key, value }) => [key, value] as const));
    const nsOf = (key: string): number =>
      Math.round((values.get(`gen_ai.latency.${key}`)?.doubleValue ?? 0) * 1e9);
    columns.series[i] = this.#seriesOf(values.get('gen_ai.request.model')?.stringValue ?? '');
    columns.durationNs[i] = nsOf('e2e');
    columns.endMs[i] = spanEndMs(
      startTimeUnixNano.low >>> 0,
      startTimeUnixNano.high >>> 0,
      columns.durationNs[i],
    );
    columns.inputTokens[i] = values.get('gen_ai.usage.prompt_tokens')?.intValue?.toNumber() ?? Number.NaN;
    columns.outputTokens[i] =
      values.get('gen_ai.usage.completion_tokens')?.intValue?.toNumber() ?? Number.NaN;
    let at = columns.phaseStart[i];
    for (const [k, name] of PHASES.entries()) {
      columns.phase[at] = this.#phases[k];
      columns.phaseNs[at++] = nsOf(k === 0 ? 'time_to_first_token' : name);
    }
    columns.phaseStart[i + 1] = at;
  }

  #seriesOf(model: string): number {
    const known = this.#series.get(model);
    if (known !== undefined) return known;
    const tags = { model, variant: 'default', version: '', operation: '', server: 'vllm', labels: {} };
    const id = this.#sink.openSeries(tags);
    this.#series.set(model, id);
    return id;
  }
}

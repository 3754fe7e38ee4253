import type { Clock } from '../../agent/core/clock.ts';
import type { SpanColumns, SpanSink } from '../../agent/core/span-sink.ts';

/** Rows as proto-loader decodes them; 64-bit integers are Long. */
export interface DecodedBatch {
  readonly sequence: unknown;
  readonly spans?: readonly DecodedSpan[];
}

interface Long {
  toNumber(): number;
}

interface DecodedSpan {
  readonly model: string;
  readonly variant: string;
  readonly startUnixNano: Long;
  readonly durationNano: Long;
  readonly phases?: readonly { readonly name: string; readonly durationNano: Long }[];
}

const MAX_SPANS = 8192;

/** The straightforward way from decoded messages to the sink, for comparison: no checks, no labels, no dedupe. */
export class DecodedIntake {
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #series = new Map<string, number>();
  readonly #phases = new Map<string, number>();
  readonly #columns = {
    count: 0,
    series: new Int32Array(MAX_SPANS),
    endMs: new Float64Array(MAX_SPANS),
    durationNs: new Float64Array(MAX_SPANS),
    status: new Uint8Array(MAX_SPANS).fill(1),
    weight: new Float64Array(MAX_SPANS).fill(1),
    batchSize: new Float64Array(MAX_SPANS).fill(Number.NaN),
    inputTokens: new Float64Array(MAX_SPANS).fill(Number.NaN),
    outputTokens: new Float64Array(MAX_SPANS).fill(Number.NaN),
    phaseStart: new Int32Array(MAX_SPANS + 1),
    phase: new Int32Array(MAX_SPANS * 4),
    phaseNs: new Float64Array(MAX_SPANS * 4),
  } satisfies SpanColumns;

  constructor(sink: SpanSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  receive({ sequence, spans = [] }: DecodedBatch): object {
    spans.forEach((span, i) => {
      this.#add(span, i);
    });
    this.#columns.count = spans.length;
    this.#sink.record(this.#columns, this.#clock.wallMs());
    return { sequence, accepted: spans.length };
  }

  #add(span: DecodedSpan, i: number): void {
    const columns = this.#columns;
    const durationNs = span.durationNano.toNumber();
    columns.series[i] = this.#seriesOf(span.model, span.variant);
    columns.durationNs[i] = durationNs;
    columns.endMs[i] = Math.floor((span.startUnixNano.toNumber() + durationNs) / 1e6);
    let at = columns.phaseStart[i];
    for (const { name, durationNano } of span.phases ?? []) {
      columns.phase[at] = this.#phaseOf(name);
      columns.phaseNs[at++] = durationNano.toNumber();
    }
    columns.phaseStart[i + 1] = at;
  }

  #seriesOf(model: string, variant: string): number {
    const key = `${model}\n${variant}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const tags = { model, variant, version: '', operation: '', server: '', labels: {} };
    const id = this.#sink.openSeries(tags);
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

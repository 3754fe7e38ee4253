import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { NO_GPU, NO_SERIES, type SpanColumns, type SpanSink } from '../../agent/core/span-sink.ts';

/** A span as a `RecordingSink` got it, NaN for what is unknown. */
export interface RecordedSpan {
  readonly tags: SeriesTags;
  /** '' for `NO_GPU`. */
  readonly gpu: string;
  readonly endMs: number;
  readonly durationNs: number;
  readonly status: number;
  readonly weight: number;
  readonly batchSize: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Of the phases that have one. */
  readonly phaseOffsets: Readonly<Record<string, number>>;
}

/** A span sink that keeps what it gets, copied out of the columns. */
export class RecordingSink implements SpanSink {
  seriesGeneration = 0;
  oldestMs = 0;
  readonly series: SeriesTags[] = [];
  readonly phases: string[] = [];
  readonly gpus: string[] = [];
  readonly spans: RecordedSpan[] = [];
  maxGpus = Number.POSITIVE_INFINITY;
  /** Number of calls of `openSeries`. */
  opened = 0;

  readonly #ids = new Map<string, number>();

  openSeries(tags: SeriesTags): number {
    this.opened++;
    const key = JSON.stringify(tags);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.series.push(tags) - 1;
    this.#ids.set(key, id);
    return id;
  }

  openPhase(name: string): number {
    const known = this.phases.indexOf(name);
    return known >= 0 ? known : this.phases.push(name) - 1;
  }

  openGpu(names: string): number {
    const known = this.gpus.indexOf(names);
    if (known >= 0) return known;
    return this.gpus.length < this.maxGpus ? this.gpus.push(names) - 1 : NO_GPU;
  }

  record(spans: SpanColumns): void {
    for (let i = 0; i < spans.count; i++)
      if (spans.series[i] !== NO_SERIES) this.spans.push(this.#copy(spans, i));
  }

  #copy(spans: SpanColumns, i: number): RecordedSpan {
    const phases: Record<string, number> = {};
    const phaseOffsets: Record<string, number> = {};
    for (let j = spans.phaseStart[i]; j < spans.phaseStart[i + 1]; j++) {
      const name = this.phases[spans.phase[j]];
      phases[name] = spans.phaseNs[j];
      if (!Number.isNaN(spans.phaseOffsetNs[j])) phaseOffsets[name] = spans.phaseOffsetNs[j];
    }
    return {
      tags: this.series[spans.series[i]],
      gpu: spans.gpu[i] === NO_GPU ? '' : this.gpus[spans.gpu[i]],
      endMs: spans.endMs[i],
      durationNs: spans.durationNs[i],
      status: spans.status[i],
      weight: spans.weight[i],
      batchSize: spans.batchSize[i],
      inputTokens: spans.inputTokens[i],
      outputTokens: spans.outputTokens[i],
      phases,
      phaseOffsets,
    };
  }
}

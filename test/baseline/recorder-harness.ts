import { decodeRange } from '../../agent/baseline/recorded-range.ts';
import type { Recording, SliceRecord } from '../../agent/baseline/recording.ts';
import { type RecorderOptions, SeriesRecorder } from '../../agent/baseline/series-recorder.ts';
import type { SeriesTags } from '../../agent/core/series-tags.ts';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { spanBatch, type TestSpan } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { binned } from './binned.ts';
import { emptySlice, RESNET } from './sample-recording.ts';

export const START_MS = 1_800_000_000_000;

const OPTIONS: RecorderOptions = {
  series: 3,
  keepMs: 900_000,
  maxBytes: 2 ** 20,
  intervalMs: 10_000,
  latenessMs: 30_000,
  gpuWindow: { name: '10s', windowMs: 10_000 },
};

/** A recorder before a sink that only keeps spans, with a clock that is moved by hand. */
export class RecorderHarness {
  readonly clock = new TestClock(START_MS);
  readonly inner = new RecordingSink();
  readonly recorder: SeriesRecorder;
  readonly #latenessMs: number;

  constructor(options: Partial<RecorderOptions> = {}) {
    const all = { ...OPTIONS, ...options };
    this.#latenessMs = all.latenessMs;
    this.inner.openSeries({ ...RESNET, model: '__overflow__' });
    this.inner.oldestMs = START_MS - all.latenessMs;
    this.recorder = new SeriesRecorder(this.inner, all, { clock: this.clock, yieldToLoop: async () => {} });
    this.recorder.start();
  }

  open(tags: Partial<SeriesTags> = {}): number {
    return this.recorder.openSeries({ ...RESNET, ...tags });
  }

  record(...spans: TestSpan[]): void {
    this.recorder.record(spanBatch(spans), this.clock.wallMs());
  }

  /** Time goes on, and the interval's flush comes at its end. */
  async advance(deltaMs: number): Promise<void> {
    this.clock.advance(deltaMs);
    this.inner.oldestMs = Math.floor((this.clock.wallMs() - this.#latenessMs) / 10_000) * 10_000;
    await this.recorder.flush(this.clock.wallMs());
  }

  /** What was recorded of the first series of this model. */
  read(model: string, fromMs = START_MS, toMs = this.clock.wallMs()): Recording {
    const [followed] = this.recorder.followed.find({ model });
    if (followed === undefined) throw new Error(`${model} is not followed`);
    return decodeRange(this.recorder.read(followed, fromMs, toMs));
  }
}

/** What a recording of these spans must say: counted one by one. `phases`: names by id. */
export function expectedSlices(
  spans: readonly TestSpan[],
  phases: readonly string[],
  [fromMs, toMs]: readonly [number, number],
): SliceRecord[] {
  const slices: SliceRecord[] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += 1000) {
    const inside = spans.filter(({ endMs }) => endMs >= startMs && endMs < startMs + 1000);
    slices.push(inside.length === 0 ? emptySlice(startMs) : expectedSlice(startMs, inside, phases));
  }
  return slices;
}

function expectedSlice(startMs: number, spans: readonly TestSpan[], names: readonly string[]): SliceRecord {
  const succeeded = spans.filter(({ status }) => status !== SpanStatus.error);
  const phased = succeeded.flatMap(({ phases = [] }) => phases);
  const ids = [...new Set(phased.map(({ phase }) => phase))].sort((a, b) => a - b);
  const sum = (read: (span: TestSpan) => number): number => spans.reduce((total, s) => total + read(s), 0);
  const valuesOf = (read: (span: TestSpan) => number | undefined, of = spans) => {
    const values = of.map(read).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : binned(values);
  };
  const latency = valuesOf(({ durationNs }) => durationNs, succeeded);
  const batchSize = valuesOf((span) => span.batchSize);
  const inputTokens = valuesOf((span) => span.inputTokens);
  const outputTokens = valuesOf((span) => span.outputTokens);
  return {
    startMs,
    requests: spans.length,
    weight: sum(({ weight = 1 }) => weight),
    stated: spans.filter(({ status }) => status !== SpanStatus.unspecified).length,
    errors: spans.length - succeeded.length,
    weightedNs: sum(({ weight = 1, durationNs }) => weight * durationNs),
    phases: new Map(
      ids.map((id) => [names[id] ?? '', binned(phased.filter((p) => p.phase === id).map((p) => p.ns))]),
    ),
    ...(latency && { latency }),
    ...(batchSize && { batchSize }),
    ...(inputTokens && { inputTokens }),
    ...(outputTokens && { outputTokens }),
  };
}

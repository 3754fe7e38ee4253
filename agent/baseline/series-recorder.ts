import type { Clock } from '../core/clock.ts';
import type { Point } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { NO_SERIES, type SpanColumns, type SpanSink } from '../core/span-sink.ts';
import type { RecordingStatus } from '../core/status.ts';
import { WatchLog } from '../core/watch-log.ts';
import { WorkPacer } from '../core/work-pacer.ts';
import { SparseWriter } from '../window/sparse-bins.ts';
import { MAX_AHEAD_MS } from '../window/window-state.ts';
import { type Followed, FollowedSeries } from './followed-series.ts';
import { GpuNotes } from './gpu-notes.ts';
import { KeptSlices } from './kept-slices.ts';
import { OpenSlices } from './open-slices.ts';
import type { RecordedRange } from './recorded-range.ts';

/** Lengths of slices: short ones, for only many of them tell how many requests are independent of each other. */
const SLICE_MS = 1000;
/** Names beyond the bound of the windows share an id. */
const OVERFLOW_PHASE = '__overflow__';
/** Spans that come later than this do not count, or a long lateness would keep as many slices open. */
const MAX_OPEN_SLICES = 256;
/** After this time hardly a span is missing: sources that export in batches of 5 s have done so. */
const SETTLE_MS = 6000;

export interface RecorderOptions {
  /** Series followed at a time. */
  readonly series: number;
  readonly keepMs: number;
  readonly maxBytes: number;
  readonly intervalMs: number;
  readonly latenessMs: number;
  /** The window whose GPU figures are noted. */
  readonly gpuWindow: { readonly name: string; readonly windowMs: number };
}

export interface RecorderEdge {
  readonly clock: Clock;
  /** Resolves after what waits in the event loop was served. */
  readonly yieldToLoop: () => Promise<void>;
}

/**
 * Stands in the way of the spans and records, second by second, what the series that are followed do. The windows' own
 * slices are no use for that: they are as long as the interval (docs/decisions/0013).
 */
export class SeriesRecorder implements SpanSink {
  readonly #inner: SpanSink;
  readonly #options: RecorderOptions;
  readonly #edge: RecorderEdge;
  readonly #followed: FollowedSeries;
  readonly #kept: KeptSlices;
  readonly #gpu: GpuNotes;
  readonly #watch: WatchLog;
  readonly #phases: string[] = [];
  #open: OpenSlices | undefined;
  /** Slices before this one take nothing more. */
  #closedEnd = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Spans that came when their slice was closed. */
  lateSpans = 0;

  constructor(inner: SpanSink, options: RecorderOptions, edge: RecorderEdge) {
    this.#inner = inner;
    this.#options = options;
    this.#edge = edge;
    this.#kept = new KeptSlices(options.maxBytes);
    this.#gpu = new GpuNotes(options.gpuWindow);
    this.#watch = new WatchLog(edge.clock);
    const following = { maxSeries: options.series, idleMs: options.keepMs };
    this.#followed = new FollowedSeries(following, (slot) => {
      this.#open?.clearSlot(slot);
      this.#gpu.clearSlot(slot);
    });
  }

  get followed(): FollowedSeries {
    return this.#followed;
  }

  get seriesGeneration(): number {
    return this.#inner.seriesGeneration;
  }

  get oldestMs(): number {
    return this.#inner.oldestMs;
  }

  /** Begins to watch. */
  start(): void {
    this.#watch.start([]);
  }

  openSeries(tags: SeriesTags): number {
    const id = this.#inner.openSeries(tags);
    this.#followed.learn(id, tags, this.#edge.clock.wallMs());
    return id;
  }

  openPhase(name: string): number {
    const id = this.#inner.openPhase(name);
    const known = this.#phases[id] ?? name;
    this.#phases[id] = known === name ? name : OVERFLOW_PHASE;
    return id;
  }

  openGpu(names: string): number {
    return this.#inner.openGpu(names);
  }

  /** Hot: test/bench/recording.ts. Of a series that is not followed, one look into an array. */
  record(spans: SpanColumns, nowMs: number): void {
    this.#inner.record(spans, nowMs);
    const { slots, lastSpanMs, firstSlice } = this.#followed;
    for (let span = 0; span < spans.count; span++) {
      const series = spans.series[span];
      if (series === NO_SERIES || slots[series] === 0) continue;
      const slot = slots[series] - 1;
      const number = Math.floor(spans.endMs[span] / SLICE_MS);
      if (number < this.#closedEnd) {
        this.lateSpans++;
        continue;
      }
      lastSpanMs[slot] = nowMs;
      if (number < firstSlice[slot]) firstSlice[slot] = number;
      this.#placeFor(number).count(slot, number, spans, span);
    }
  }

  /** Points that were written: those of `inference_gpu` are noted. */
  note(points: readonly Point[]): void {
    this.#gpu.note(points, this.#followed.all);
  }

  /** Closes the slices for which nothing can come any more, in pieces, and lets go of the oldest. */
  async flush(nowMs: number): Promise<void> {
    this.#watch.advance();
    if (nowMs < this.#lastMs) this.#rewind(nowMs);
    this.#lastMs = nowMs;
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    const end = Math.floor(this.#inner.oldestMs / SLICE_MS);
    for (const number of this.#open?.numbers() ?? []) {
      if (number >= end) break;
      this.#close(number);
      if (pacer.isDue) await pacer.pause();
    }
    this.#closedEnd = Math.max(this.#closedEnd, end);
    const oldestMs = nowMs - this.#options.keepMs;
    this.#kept.forgetBefore(Math.floor(oldestMs / SLICE_MS));
    this.#gpu.forgetBefore(oldestMs);
    this.#watch.trim(oldestMs);
  }

  /** Up to when (Unix ms) next to no span is missing. */
  settledMs(nowMs: number): number {
    return nowMs - Math.min(SETTLE_MS, this.#options.latenessMs);
  }

  /** What a series did in the slices that lie within the range. */
  read({ slot, tags: series, fromMs: followedMs }: Followed, fromMs: number, toMs: number): RecordedRange {
    this.#watch.advance();
    const first = Math.ceil(fromMs / SLICE_MS);
    const end = Math.floor(toMs / SLICE_MS);
    const parts = new Map(this.#partsOf(slot, first, end));
    const numbers: number[] = [];
    const begin = Math.max(Math.ceil(followedMs / SLICE_MS), this.#followed.firstSlice[slot]);
    const oldest = Math.max(first, this.#kept.floor, begin);
    for (let number = oldest; number < end; number++) if (this.#isWatched(number)) numbers.push(number);
    const ends = new Uint32Array(numbers.length);
    let length = 0;
    for (const [index, number] of numbers.entries()) {
      length += parts.get(number)?.length ?? 0;
      ends[index] = length;
    }
    const bytes = new Uint8Array(length);
    for (const [index, number] of numbers.entries()) {
      const part = parts.get(number);
      if (part !== undefined) bytes.set(part, ends[index] - part.length);
    }
    return {
      series,
      fromMs: first * SLICE_MS,
      toMs: Math.max(first, end) * SLICE_MS,
      sliceMs: SLICE_MS,
      numbers: Float64Array.from(numbers),
      ends,
      bytes,
      phases: [...this.#phases],
      gpu: this.#gpu.of(slot, fromMs, toMs),
    };
  }

  status(): RecordingStatus {
    const { series, keepMs, maxBytes } = this.#options;
    return {
      followed: this.#followed.count,
      maxFollowed: series,
      unfollowed: this.#followed.unfollowedCount,
      bytes: this.#kept.bytes,
      maxBytes,
      keepMs,
      droppedSlices: this.#kept.dropped,
      lateSpans: this.lateSpans,
    };
  }

  #partsOf(slot: number, first: number, end: number): (readonly [number, Uint8Array])[] {
    const parts: (readonly [number, Uint8Array])[] = [...this.#kept.parts(slot, first, end)];
    const writer = new SparseWriter();
    for (const number of this.#open?.numbers() ?? []) {
      if (number < first || number >= end) continue;
      if (this.#open?.write(slot, number, writer)) parts.push([number, writer.take()]);
    }
    return parts;
  }

  #isWatched(number: number): boolean {
    const startMs = number * SLICE_MS;
    return this.#watch.watchedMs(startMs, startMs + SLICE_MS) >= SLICE_MS;
  }

  /** Hot. The open slices, with the place of this one its own or free. */
  #placeFor(number: number): OpenSlices {
    const open = this.#open;
    if (open?.isOpen(number)) return open;
    return this.#makePlace(number);
  }

  /** Slow path: the first span of a slice. */
  #makePlace(number: number): OpenSlices {
    this.#open ??= new OpenSlices(this.#openSlices());
    const { places } = this.#open;
    for (const old of this.#open.numbers()) if (old <= number - places) this.#close(old);
    this.#closedEnd = Math.max(this.#closedEnd, number - places + 1);
    return this.#open;
  }

  /** How many slices spans may come for at a time. */
  #openSlices(): number {
    const { latenessMs, intervalMs } = this.#options;
    return Math.min(MAX_OPEN_SLICES, (latenessMs + 2 * intervalMs + MAX_AHEAD_MS) / SLICE_MS);
  }

  #close(number: number): void {
    const open = this.#open;
    if (!open?.isOpen(number)) return;
    const writer = new SparseWriter();
    const offsets = new Uint32Array(this.#followed.count + 1);
    for (let slot = 0; slot < this.#followed.count; slot++) {
      offsets[slot] = writer.length;
      if (open.write(slot, number, writer)) open.clear(slot, number);
    }
    offsets[this.#followed.count] = writer.length;
    if (writer.length > 0) this.#kept.push({ number, bytes: writer.take(), offsets });
    open.close(number);
    this.#closedEnd = Math.max(this.#closedEnd, number + 1);
  }

  /** The clock was set back: what was recorded of the time to come is dropped, for that time comes once more. */
  #rewind(nowMs: number): void {
    const number = Math.floor(nowMs / SLICE_MS);
    for (const open of this.#open?.numbers() ?? []) {
      if (open < number) continue;
      for (const { slot } of this.#followed.all) this.#open?.clear(slot, open);
      this.#open?.close(open);
    }
    this.#kept.forgetFrom(number);
    this.#closedEnd = Math.min(this.#closedEnd, number);
    this.#watch.rewind();
  }
}

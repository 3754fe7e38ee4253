import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import type { Tags } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { NO_GPU, OVERFLOW_SERIES, type SpanColumns, type SpanSink } from '../core/span-sink.ts';
import type { SeriesSummary, WindowStatus } from '../core/status.ts';
import type { SeriesTotals, TotalsReader } from '../core/totals.ts';
import { WorkPacer } from '../core/work-pacer.ts';
import { FlushPlan } from './flush-plan.ts';
import { HistogramEmitter } from './histogram-emitter.ts';
import { limitsOf } from './objectives.ts';
import { Recorder } from './recorder.ts';
import { SeriesEmitter } from './series-emitter.ts';
import { SliceCloser } from './slice-closer.ts';
import { SliceOpener } from './slice-opener.ts';
import { TotalsBook } from './totals-book.ts';
import { FIRST_PHASE } from './track-table.ts';
import { WindowCheckpoint, windowSchema } from './window-checkpoint.ts';
import { type Emit, WindowFlush } from './window-flush.ts';
import { MAX_AHEAD_MS, type WindowOptions, WindowState } from './window-state.ts';

/** A series without spans for this long, and in no window any more, is closed. */
const MIN_IDLE_MS = 15 * 60_000;

export interface AggregatorEdge {
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves after what waits in the event loop was served. */
  readonly yieldToLoop: () => Promise<void>;
}

/**
 * The rolling windows: takes spans, emits points when windows end, and once more when late spans changed one.
 * Ends are counted in slices since the epoch: the window with end e covers the slices before e.
 */
export class Aggregator implements SpanSink, TotalsReader, Checkpointed {
  readonly schema = windowSchema;
  readonly #state: WindowState;
  readonly #edge: AggregatorEdge;
  readonly #recorder: Recorder;
  readonly #emitter: SeriesEmitter;
  readonly #totals: TotalsBook;
  readonly #closer: SliceCloser;
  readonly #flush: WindowFlush;
  readonly #checkpoint: WindowCheckpoint;
  /** Provisional points up to this end were emitted. */
  #flushedEnd = 0;
  #flushMs = 0;
  #unwatchedMs = 0;
  #evictionsTold = 0;

  constructor(options: WindowOptions, baseTags: Tags, edge: AggregatorEdge) {
    this.#edge = edge;
    this.#state = new WindowState(options, edge.clock);
    const plan = new FlushPlan(this.#state);
    this.#emitter = new SeriesEmitter(this.#state, baseTags, plan);
    this.#totals = new TotalsBook(this.#state);
    this.#recorder = new Recorder(this.#state, new SliceOpener(this.#state, this.#totals));
    this.#closer = new SliceCloser(this.#state, this.#totals);
    const histogram =
      options.histogram && new HistogramEmitter(this.#state, options.histogram, baseTags['instance'] ?? '');
    this.#flush = new WindowFlush(this.#state, {
      plan,
      emitter: this.#emitter,
      closer: this.#closer,
      histogram,
    });
    this.#checkpoint = new WindowCheckpoint(this.#state, edge);
  }

  get seriesGeneration(): number {
    return this.#state.series.generation;
  }

  /** Completions before this time (Unix ms) can no longer be counted. */
  get oldestMs(): number {
    return this.#state.finalEnd * this.#state.options.intervalMs;
  }

  openSeries(tags: SeriesTags): number {
    const id = this.#state.series.open(tags, this.#edge.clock.wallMs());
    this.#prepareSeries(id, tags);
    return id;
  }

  openPhase(name: string): number {
    return this.#state.phases.open(name);
  }

  /** Windows are kept by series alone. */
  openGpu(): number {
    return NO_GPU;
  }

  record(spans: SpanColumns, nowMs: number): void {
    if (spans.isBatched) this.#state.grace.noteBatch(nowMs);
    this.#recorder.record(spans, nowMs);
  }

  /** Unix ms at which the next window is due; one interval away at most, should the clock have been set back. */
  nextFlushMs(): number {
    const { grace, options } = this.#state;
    const nowMs = this.#edge.clock.wallMs();
    return Math.min(
      (this.#flushedEnd + 1) * options.intervalMs + grace.at(nowMs),
      nowMs + options.intervalMs,
    );
  }

  /** Emits all that is due, in pieces. One call at a time. */
  flush(nowMs: number, emit: Emit): Promise<void> {
    return this.#flushUntil(nowMs, emit, false);
  }

  /** The last flush before a stop: what is due; the rest stays in the checkpoint. */
  finish(nowMs: number, emit: Emit): Promise<void> {
    return this.#flushUntil(nowMs, emit, true);
  }

  capture(): CapturedState {
    this.#state.watch.advance();
    return this.#checkpoint.capture(this.#flushedEnd);
  }

  /** Takes up what an earlier run left and begins to watch. */
  async restore(database: Database): Promise<void> {
    const state = this.#state;
    const nowMs = this.#edge.clock.wallMs();
    const restored = await this.#checkpoint.restore(database, (slice) => {
      if (slice.index < state.finalEnd) this.#closer.closeRestored(slice);
    });
    this.#unwatchedMs = restored.committedMs === undefined ? 0 : Math.max(0, nowMs - restored.committedMs);
    state.watch.start(restored.watched);
    const target = state.sliceOf(nowMs - state.options.graceMs);
    this.#flushedEnd = restored.flushedEnd ?? target;
    state.finalEnd = restored.finalEnd ?? Math.max(0, state.sliceOf(nowMs - state.options.latenessMs));
    this.#prepareSeries(OVERFLOW_SERIES, undefined);
    for (const { id, tags } of state.series.all()) {
      this.#prepareSeries(id, tags);
      if (restored.flushedEnd !== undefined) this.#resume(id);
    }
    if (restored.flushedEnd !== undefined && target < this.#flushedEnd) this.#rewind(nowMs, target);
    if (restored.flushedEnd !== undefined) return;
    state.emitted.seal();
    state.emitted.sealUntil(state.sliceOf(nowMs) * state.options.intervalMs);
  }

  *readTotals(boundsSeconds: readonly number[]): Iterable<SeriesTotals> {
    const { series, ring } = this.#state;
    let version = Number.NaN;
    let pending = this.#totals.pending();
    for (let id = 0; id < series.capacity; id++) {
      const open = series.get(id);
      if (open === undefined || open.lastSeenMs <= 0) continue;
      if (version !== ring.version) pending = this.#totals.pending();
      version = ring.version;
      yield this.#totals.read(open, boundsSeconds, pending);
    }
  }

  status(): WindowStatus {
    return {
      series: this.#state.series.count,
      maxSeries: this.#state.options.maxSeries,
      overflowedSpans: this.#recorder.overflowedSpans,
      unwatchedMs: this.#unwatchedMs,
      flushMs: this.#flushMs,
    };
  }

  series(): SeriesSummary[] {
    return this.#state.series
      .all()
      .filter(({ lastSeenMs }) => lastSeenMs > 0)
      .map(({ id, tags, lastSeenMs }) => ({
        tags,
        lastSeenMs,
        phases: this.#state.tracks
          .of(id)
          .filter(({ kind }) => kind >= FIRST_PHASE)
          .map(({ kind }) => this.#state.phases.nameOf(kind - FIRST_PHASE)),
      }));
  }

  async #flushUntil(nowMs: number, emit: Emit, isLast: boolean): Promise<void> {
    const state = this.#state;
    const startedMs = this.#edge.clock.monotonicMs();
    const prompt = state.sliceOf(nowMs - state.options.graceMs);
    state.watch.advance();
    if (prompt < this.#flushedEnd) this.#rewind(nowMs, prompt);
    const target = Math.max(this.#flushedEnd, state.sliceOf(nowMs - state.grace.at(nowMs)));
    const { finalEnd } = state;
    const finalTarget = Math.max(finalEnd, Math.min(state.sliceOf(nowMs - state.options.latenessMs), target));
    state.finalEnd = finalTarget;
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    const range = { flushedEnd: this.#flushedEnd, target, finalEnd, finalTarget, isLast };
    await this.#flush.emit(range, pacer, emit);
    this.#flushedEnd = target;
    await this.#flush.tidy(pacer);
    this.#freeIdle(nowMs);
    this.#tellEvictions();
    this.#flushMs = this.#edge.clock.monotonicMs() - startedMs;
  }

  /** A new series has nothing to say of windows that were final before it came. */
  #prepareSeries(id: number, tags: SeriesTags | undefined): void {
    const state = this.#state;
    state.ensureSeries(id + 1);
    if (state.standing[id] !== 0) return;
    state.standing[id] = state.finalEnd;
    state.evictionsSeen[id] = state.evictions;
    const limits = tags && limitsOf(state.options.objectives, tags);
    state.objectivesNs[id] = limits?.latencyNs ?? Number.NaN;
    state.ttftObjectivesNs[id] = limits?.ttftNs ?? Number.NaN;
    if (limits !== undefined && Number.isFinite(limits.ttftNs)) state.ttftPhase = state.phases.open('ttft');
  }

  /** Puts the running windows of a restored series together from its slices. */
  #resume(id: number): void {
    this.#state.standing[id] = this.#flushedEnd;
    this.#state.rebuild(id);
    this.#emitter.resume(id);
    for (const slice of this.#totals.pending()) this.#totals.exclude(id, slice);
  }

  /**
   * The clock was set back. What was emitted stays as it is, and what was counted for the time to come is dropped
   * from the windows, for that time comes once more.
   */
  #rewind(nowMs: number, target: number): void {
    const state = this.#state;
    this.#edge.log.warn(
      { backMs: (this.#flushedEnd - target) * state.options.intervalMs },
      'the clock was set back',
    );
    for (const slice of state.ring.inUse()) {
      if (slice.index < state.sliceOf(nowMs)) continue;
      this.#totals.bookAll(slice);
      state.ring.release(slice);
    }
    state.emitted.seal();
    state.watch.rewind();
    this.#flushedEnd = target;
    const closed = state.ring.inUse().filter((slice) => !slice.isOpen);
    const final = Math.min(state.finalEnd, target, state.sliceOf(nowMs - state.options.latenessMs));
    state.finalEnd = Math.max(0, final, ...closed.map((slice) => slice.index + 1));
    for (const series of state.series.all()) {
      const { id } = series;
      series.lastSeenMs = Math.min(series.lastSeenMs, nowMs);
      state.standing[id] = Math.min(state.standing[id], target);
      state.rebuild(id);
    }
  }

  /** Once no window holds anything of a series any more, its last point with 0 requests included. */
  #freeIdle(nowMs: number): void {
    const { options, kept, longestHop } = this.#state;
    const inWindowsMs = (kept + longestHop + 2) * options.intervalMs;
    const idleMs = Math.max(MIN_IDLE_MS, inWindowsMs + options.latenessMs + options.graceMs + MAX_AHEAD_MS);
    for (const { id, lastSeenMs } of this.#state.series.all()) {
      if (id !== OVERFLOW_SERIES && nowMs - lastSeenMs > idleMs) this.#free(id);
    }
  }

  #free(id: number): void {
    const state = this.#state;
    const tracks = state.tracks.of(id).map((track) => track.id);
    this.#emitter.forget(id);
    this.#totals.forget(id);
    for (const window of state.running) for (const track of tracks) window.clear(track);
    for (const slice of state.ring.inUse()) slice.purge(id, tracks);
    state.tracks.freeAll(id);
    state.series.free(id);
    state.standing[id] = 0;
  }

  #tellEvictions(): void {
    const evicted = this.#state.evictions - this.#evictionsTold;
    if (evicted === 0) return;
    this.#evictionsTold = this.#state.evictions;
    this.#edge.log.warn(
      { slices: evicted },
      'flushes came so late that slices were overwritten before their windows ended',
    );
  }
}

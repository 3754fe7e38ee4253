import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import type { Point, Tags } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { SpanColumns, SpanSink } from '../core/span-sink.ts';
import type { SeriesSummary, WindowStatus } from '../core/status.ts';
import type { SeriesTotals, TotalsReader } from '../core/totals.ts';
import { grown } from './growable.ts';
import { objectiveNs } from './objectives.ts';
import { Recorder } from './recorder.ts';
import { SeriesEmitter } from './series-emitter.ts';
import { SliceCloser } from './slice-closer.ts';
import { TotalsBook } from './totals-book.ts';
import { FIRST_PHASE } from './track-table.ts';
import { WindowCheckpoint, windowSchema } from './window-checkpoint.ts';
import { type WindowOptions, WindowState } from './window-state.ts';
import { WorkPacer } from './work-pacer.ts';

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
  readonly #checkpoint: WindowCheckpoint;
  #flushedEnd = 0;
  #flushMs = 0;
  #unwatchedMs = 0;

  constructor(options: WindowOptions, baseTags: Tags, edge: AggregatorEdge) {
    this.#edge = edge;
    this.#state = new WindowState(options, edge.clock);
    this.#recorder = new Recorder(this.#state);
    this.#emitter = new SeriesEmitter(this.#state, baseTags);
    this.#totals = new TotalsBook(this.#state);
    this.#closer = new SliceCloser(this.#state, this.#totals);
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

  record(spans: SpanColumns, nowMs: number): void {
    this.#recorder.record(spans, nowMs);
  }

  /** Unix ms at which the next window is due. */
  nextFlushMs(): number {
    return (this.#flushedEnd + 1) * this.#state.options.intervalMs + this.#state.options.graceMs;
  }

  /** Emits all that is due, in pieces. One call at a time. */
  async flush(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void> {
    const { graceMs, latenessMs } = this.#state.options;
    const startedMs = this.#edge.clock.monotonicMs();
    const target = this.#state.sliceOf(nowMs - graceMs);
    this.#state.watch.advance();
    this.#emitter.beginFlush();
    const finalTarget = Math.min(this.#state.sliceOf(nowMs - latenessMs), Math.max(target, this.#flushedEnd));
    await this.#emitAll(target, finalTarget, emit);
    this.#flushedEnd = Math.max(target, this.#flushedEnd);
    await this.#closeSlices(finalTarget);
    this.#freeIdle(nowMs);
    this.#flushMs = this.#edge.clock.monotonicMs() - startedMs;
  }

  /** The last flush before a stop: what is due; the rest stays in the checkpoint. */
  finish(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void> {
    return this.flush(nowMs, emit);
  }

  capture(): CapturedState {
    this.#state.watch.advance();
    return this.#checkpoint.capture(this.#flushedEnd);
  }

  /** Takes up what an earlier run left and begins to watch. */
  async restore(database: Database): Promise<void> {
    const nowMs = this.#edge.clock.wallMs();
    const restored = await this.#checkpoint.restore(database);
    const bootEnd = this.#state.sliceOf(nowMs);
    this.#flushedEnd = restored.flushedEnd ?? Math.max(bootEnd, restored.greatestEnd);
    this.#state.floorEnd = this.#flushedEnd;
    this.#state.finalEnd = Math.max(0, this.#state.sliceOf(nowMs - this.#state.options.latenessMs));
    this.#unwatchedMs = restored.committedMs === undefined ? 0 : Math.max(0, nowMs - restored.committedMs);
    this.#state.watch.start(restored.watched);
    this.#prepareSeries(0, undefined);
    for (const { id, tags } of this.#state.series.all()) {
      this.#prepareSeries(id, tags);
      if (restored.flushedEnd !== undefined) this.#resume(id);
    }
    if (restored.flushedEnd !== undefined) this.#state.floorEnd = 0;
  }

  readTotals(boundsSeconds: readonly number[], visit: (totals: SeriesTotals) => void): void {
    for (const series of this.#state.series.all()) {
      if (series.lastSeenMs > 0) visit(this.#totals.read(series, boundsSeconds));
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

  /** A new series has nothing to say of windows that were final before it came. */
  #prepareSeries(id: number, tags: SeriesTags | undefined): void {
    const state = this.#state;
    if (id >= state.standing.length) {
      state.standing = grown(state.standing, id + 1);
      const objectives = new Float64Array(state.standing.length).fill(Number.NaN);
      objectives.set(state.objectivesNs);
      state.objectivesNs = objectives;
    }
    if (state.standing[id] !== 0) return;
    state.standing[id] = Math.max(state.floorEnd, state.finalEnd);
    state.objectivesNs[id] = tags === undefined ? Number.NaN : objectiveNs(state.options.objectives, tags);
  }

  /**
   * Puts the running windows of a restored series together from its slices. Which of them came late is not known:
   * all windows that are not final are written again.
   */
  #resume(id: number): void {
    this.#state.standing[id] = this.#flushedEnd;
    this.#emitter.expectSilence(id);
    for (const track of this.#state.tracks.of(id)) {
      for (const window of this.#state.running) window.rebuild(track.id, this.#flushedEnd);
    }
    for (const slice of this.#state.ring.inUse()) {
      slice.ensureSeries(id + 1);
      slice.touchedEnd[id] = this.#flushedEnd;
      this.#totals.exclude(id, slice);
    }
  }

  async #emitAll(
    target: number,
    finalTarget: number,
    emit: (points: readonly Point[]) => void,
  ): Promise<void> {
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    let points: Point[] = [];
    for (let id = 0; id < this.#state.series.capacity; id++) {
      if (this.#state.series.get(id) === undefined) continue;
      this.#skipLongSilence(id, target);
      while (this.#state.standing[id] < target) this.#emitter.advance(id, points);
      for (let end = this.#state.finalEnd + 1; end <= finalTarget; end++)
        this.#emitter.emitFinal(id, end, points);
      if (!pacer.isDue) continue;
      emit(points);
      points = [];
      await pacer.pause();
    }
    emit(points);
  }

  /** After a step of the clock beyond the ring, what lies between is neither kept nor emitted. */
  #skipLongSilence(id: number, target: number): void {
    const state = this.#state;
    if (target - state.standing[id] <= state.ring.size) return;
    state.standing[id] = target - state.ring.size;
    for (const track of state.tracks.of(id)) {
      for (const window of state.running) window.rebuild(track.id, state.standing[id]);
    }
  }

  async #closeSlices(finalTarget: number): Promise<void> {
    if (finalTarget <= this.#state.finalEnd) return;
    this.#state.finalEnd = finalTarget;
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    for (const slice of this.#state.ring.inUse()) {
      if (!slice.isOpen || slice.index >= finalTarget) continue;
      await this.#closer.close(slice, async () => {
        if (pacer.isDue) await pacer.pause();
      });
    }
  }

  #freeIdle(nowMs: number): void {
    const { windowsMs, latenessMs } = this.#state.options;
    const idleMs = Math.max(
      MIN_IDLE_MS,
      Math.max(...windowsMs) + latenessMs + this.#state.options.intervalMs,
    );
    for (const { id, lastSeenMs } of this.#state.series.all()) {
      if (id === 0 || nowMs - lastSeenMs <= idleMs) continue;
      this.#emitter.forget(id);
      this.#totals.forget(id);
      for (const track of this.#state.tracks.of(id))
        for (const window of this.#state.running) window.clear(track.id);
      this.#state.tracks.freeAll(id);
      this.#state.series.free(id);
      this.#state.standing[id] = 0;
    }
  }
}

import type { Point } from '../core/point.ts';
import type { WorkPacer } from '../core/work-pacer.ts';
import type { FlushPlan } from './flush-plan.ts';
import type { HistogramEmitter } from './histogram-emitter.ts';
import type { SeriesEmitter } from './series-emitter.ts';
import type { SliceCloser } from './slice-closer.ts';
import type { WindowState } from './window-state.ts';

/** The ends that one flush is about: later than the first bound, up to the second. */
export interface FlushRange {
  readonly flushedEnd: number;
  readonly target: number;
  readonly finalEnd: number;
  readonly finalTarget: number;
  /** No flush follows in this process. */
  readonly isLast: boolean;
}

export interface FlushParts {
  readonly plan: FlushPlan;
  readonly emitter: SeriesEmitter;
  readonly closer: SliceCloser;
  /** Absent: no histograms are written. */
  readonly histogram: HistogramEmitter | undefined;
}

export type Emit = (points: readonly Point[]) => void;

/** Moves all series to a new end, and emits on the way. */
export class WindowFlush {
  readonly #state: WindowState;
  readonly #parts: FlushParts;

  constructor(state: WindowState, parts: FlushParts) {
    this.#state = state;
    this.#parts = parts;
  }

  async emit(range: FlushRange, pacer: WorkPacer, emit: Emit): Promise<void> {
    const gap = this.#gapIn(range);
    const lastFinal = this.#lastFinal(range);
    this.#parts.plan.clear();
    let points: Point[] = [];
    for (let id = 0; id < this.#state.series.capacity; id++) {
      if (this.#state.series.get(id) === undefined) continue;
      this.#advance(id, range.target, { gap, points });
      for (let end = range.finalEnd + 1; end <= lastFinal; end++)
        this.#parts.emitter.emitFinal(id, end, points);
      if (!pacer.isDue) continue;
      emit(points);
      points = [];
      await pacer.pause();
    }
    emit(points);
    this.#markEmitted(range, gap);
    await this.#parts.histogram?.emit(range, pacer, emit);
  }

  /** What can take no more spans is packed, what no window needs is let go. */
  async tidy(pacer: WorkPacer): Promise<void> {
    const { ring, watch, options } = this.#state;
    for (const slice of ring.inUse()) {
      if (slice.isOpen && slice.index < this.#state.finalEnd) await this.#parts.closer.close(slice, pacer);
    }
    for (const slice of ring.inUse()) if (slice.index < this.#state.oldestNeeded) ring.release(slice);
    watch.trim(this.#state.oldestNeeded * options.intervalMs);
  }

  #advance(id: number, target: number, { gap, points }: { gap: Gap | undefined; points: Point[] }): void {
    const { standing, evictions, evictionsSeen, longest, longestHop } = this.#state;
    if (standing[id] < target && evictionsSeen[id] !== evictions) this.#state.rebuild(id);
    while (standing[id] < target) {
      if (gap !== undefined && standing[id] >= gap.empty + longest + longestHop && standing[id] < gap.to) {
        standing[id] = gap.to;
        this.#state.rebuild(id);
      }
      this.#parts.emitter.advance(id, points);
    }
  }

  /** After a long sleep, or when the clock was set forward: windows run empty, then nothing is to be said for a while. */
  #gapIn({ flushedEnd, target }: FlushRange): Gap | undefined {
    const { ring, longest, longestHop } = this.#state;
    const to = target - ring.size;
    const older = ring.inUse().filter(({ index }) => index < to);
    const empty = Math.max(flushedEnd, ...older.map(({ index }) => index + 1));
    return to > empty + longest + longestHop ? { empty, to } : undefined;
  }

  /** Beyond it nothing came late. */
  #lastFinal({ finalTarget }: FlushRange): number {
    const latest = Math.max(0, ...this.#state.ring.inUse().map((slice) => slice.latestTouch));
    return Math.min(finalTarget, latest + this.#state.longestHop);
  }

  /** Short windows ran empty earlier than long ones: their ends in a gap stay free. */
  #markEmitted({ flushedEnd, target }: FlushRange, gap: Gap | undefined): void {
    const { emitted, options, lengths } = this.#state;
    for (const { name, slices, hop } of lengths) {
      const mark = (after: number, to: number): void =>
        emitted.mark(name, [after * options.intervalMs, to * options.intervalMs]);
      if (gap === undefined) {
        mark(flushedEnd, target);
        continue;
      }
      mark(flushedEnd, gap.empty + slices + hop);
      mark(gap.to, target);
    }
  }
}

/** A time without slices. */
interface Gap {
  /** No slice ends later than this one before the gap. */
  readonly empty: number;
  /** Windows go on here. */
  readonly to: number;
}

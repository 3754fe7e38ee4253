import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/database.ts';
import type { GpuSample, GpuSampleSink } from '../core/gpu-sample.ts';
import type { Logger } from '../core/logger.ts';
import type { Tags } from '../core/point.ts';
import type { SpanSink } from '../core/span-sink.ts';
import type { JoinLosses } from '../core/status.ts';
import { WorkPacer } from '../core/work-pacer.ts';
import type { GpuAttribution } from './gpu-attribution.ts';
import { GpuLedger } from './gpu-ledger.ts';
import { GpuSpanSink } from './gpu-span-sink.ts';
import { JoinCheckpoint, joinSchema } from './join-checkpoint.ts';
import { type Emit, JoinEmitter } from './join-emitter.ts';
import { type GpuJoinOptions, JoinState } from './join-state.ts';
import { SliceJoin } from './slice-join.ts';

/** Without spans for so long, nobody is taken to be busy. */
const ACTIVE_MS = 60_000;
/** GPUs beyond this are not kept: no machine has them. */
const MAX_GPUS = 64;

export interface JoinParts {
  /** The windows: they take the spans first, and say until when spans may come. */
  readonly windows: SpanSink;
  readonly attribution: GpuAttribution;
}

export interface JoinEdge {
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves after what waits in the event loop was served. */
  readonly yieldToLoop: () => Promise<void>;
}

/**
 * Joins requests with GPUs: `sink` notes when each series was busy, `record` what the GPUs said, and `flush` writes
 * `inference_gpu` once a window is final and its energy is known.
 */
export class GpuJoin implements GpuSampleSink, Checkpointed {
  readonly schema = joinSchema;
  /** Where spans go in place of the windows. */
  readonly sink: GpuSpanSink;
  readonly #parts: JoinParts;
  readonly #edge: JoinEdge;
  readonly #state: JoinState;
  readonly #ledgers = new Map<string, GpuLedger>();
  readonly #slices: SliceJoin;
  readonly #emitter: JoinEmitter;
  readonly #checkpoint: JoinCheckpoint;
  #flushedMs = Number.NEGATIVE_INFINITY;
  #evictionsTold = 0;

  constructor(options: GpuJoinOptions, baseTags: Tags, parts: JoinParts, edge: JoinEdge) {
    this.#parts = parts;
    this.#edge = edge;
    this.#state = new JoinState(options, edge.clock);
    this.sink = new GpuSpanSink(parts.windows, this.#state, parts.attribution);
    this.#slices = new SliceJoin(this.#state, parts.attribution, this.#ledgers);
    this.#emitter = new JoinEmitter(this.#state, baseTags);
    this.#checkpoint = new JoinCheckpoint(this.#state, edge.clock, edge.log);
  }

  get wantsPower(): boolean {
    return Math.abs(this.#edge.clock.wallMs() - this.sink.lastSpansMs) < ACTIVE_MS;
  }

  /** What all GPUs that answered said; the attribution gets it too. */
  record(samples: readonly GpuSample[]): void {
    const { attribution } = this.#parts;
    this.#state.watch.advance();
    attribution.record(samples);
    for (const sample of samples) this.#ledgerOf(sample.uuid)?.record(sample, attribution.sharingOf(sample));
  }

  /** Emits all windows that are due, in pieces; after the flush of the windows. One call at a time. */
  async flush(nowMs: number, emit: Emit): Promise<void> {
    const { book, grid, watch } = this.#state;
    watch.advance();
    const final = grid.sliceOf(this.#parts.windows.oldestMs);
    if (nowMs < this.#flushedMs || final < book.closedEnd) this.#rewind(nowMs, final);
    this.#flushedMs = nowMs;
    const from = book.closedEnd;
    const to = Math.max(from, this.#closableEnd(final, nowMs));
    book.closedEnd = to;
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    await this.#close(from, to, pacer);
    await this.#emitter.emit([from, to], pacer, emit);
    this.#tidy();
  }

  capture(): CapturedState {
    this.#state.watch.advance();
    return this.#checkpoint.capture();
  }

  /** Takes up what an earlier run left and begins to watch. After the windows. */
  async restore(database: Database): Promise<void> {
    const { book, grid, watch, emitted, options } = this.#state;
    this.sink.openBusyPhases();
    const isRestored = await this.#checkpoint.restore(database);
    for (const { gpu } of this.#state.accounts.all())
      this.#parts.attribution.see(this.#state.names.uuidsOf(gpu));
    if (isRestored) return;
    watch.start([]);
    book.closedEnd = Math.max(0, grid.sliceOf(this.#parts.windows.oldestMs));
    emitted.sealUntil(grid.sliceOf(this.#edge.clock.wallMs()) * options.intervalMs);
  }

  losses(): JoinLosses {
    const { book } = this.#state;
    return {
      homelessRequests: this.#slices.homelessRequests,
      refusedSpans: this.sink.refusedSpans,
      cutIntervals: book.cutIntervals,
      evictedSlices: book.evictions,
    };
  }

  #ledgerOf(uuid: string): GpuLedger | undefined {
    const known = this.#ledgers.get(uuid);
    if (known !== undefined || this.#ledgers.size >= MAX_GPUS) return known;
    const { grid, options, maxEnergyGapMs } = this.#state;
    const { tickMs } = options;
    const maxSlices = this.#state.maxOpenSlices + Math.ceil(maxEnergyGapMs / options.intervalMs);
    const ledger = new GpuLedger(uuid, { grid, tickMs, maxEnergyGapMs, maxSlices });
    this.#ledgers.set(uuid, ledger);
    return ledger;
  }

  /** The end up to which slices are final and, unless that takes too long, their energy is known. */
  #closableEnd(final: number, nowMs: number): number {
    const { grid, options, energyWaitMs } = this.#state;
    const patientMs = nowMs - options.latenessMs - energyWaitMs;
    return Math.min(final, grid.sliceOf(Math.max(patientMs, this.#energyKnownToMs(nowMs))));
  }

  /** Up to when every GPU that gives its energy has given it. As long as no GPU answered, nothing is known. */
  #energyKnownToMs(nowMs: number): number {
    if (!this.#parts.attribution.hasVisible) return Number.NEGATIVE_INFINITY;
    let knownMs = nowMs;
    for (const { energyKnownToMs = nowMs } of this.#ledgers.values()) {
      if (nowMs - energyKnownToMs <= this.#state.maxEnergyGapMs) knownMs = Math.min(knownMs, energyKnownToMs);
    }
    return knownMs;
  }

  async #close(from: number, to: number, pacer: WorkPacer): Promise<void> {
    const { book, joined } = this.#state;
    const busy = book.inUse().map(({ index }) => index);
    const answered = [...this.#ledgers.values()].flatMap((ledger) => ledger.slices());
    const indexes = [...new Set([...busy, ...answered])].sort((a, b) => a - b);
    for (const index of indexes.filter((candidate) => candidate >= from && candidate < to)) {
      joined.push(await this.#slices.join(index, pacer));
      if (pacer.isDue) await pacer.pause();
    }
    for (const slice of book.inUse()) if (slice.index < to) book.release(slice);
  }

  #tidy(): void {
    const { book, longest, accounts, watch, grid } = this.#state;
    const oldest = book.closedEnd - longest;
    this.#state.joined = this.#state.joined.filter(({ index }) => index >= oldest);
    accounts.freeBefore(oldest);
    watch.trim(oldest * grid.intervalMs);
    for (const ledger of this.#ledgers.values()) ledger.release(book.closedEnd);
    if (book.evictions === this.#evictionsTold) return;
    const slices = book.evictions - this.#evictionsTold;
    this.#evictionsTold = book.evictions;
    this.#edge.log.warn({ slices }, 'flushes came so late that GPU use was overwritten before it was joined');
  }

  /**
   * The clock was set back. What was emitted stays as it is; what was noted of the time to come is dropped, for that
   * time comes once more.
   */
  #rewind(nowMs: number, final: number): void {
    const { book, grid, watch, accounts } = this.#state;
    const now = grid.sliceOf(nowMs);
    for (const slice of book.inUse()) if (slice.index >= now) book.release(slice);
    book.closedEnd = Math.min(book.closedEnd, final);
    this.#state.joined = this.#state.joined.filter(({ index }) => index < book.closedEnd);
    accounts.rewind(now);
    watch.rewind();
  }
}
